import { memo } from "react";
import { exactText, isFiniteNumber, readable } from "../lib/numbers";
import type { WireNumber } from "../lib/types";

interface NumProps {
  value: WireNumber;
  testid?: string;
  className?: string;
}

/** A number of the server: short to read, exact in its title and in data-value, loud when it is not finite. */
export const Num = memo(function Num({ value, testid, className }: NumProps) {
  const exact = exactText(value);
  return (
    <span
      className={className ? `num ${className}` : "num"}
      title={exact}
      data-value={exact}
      data-testid={testid}
      data-bad={isFiniteNumber(value) ? undefined : true}
    >
      {readable(value)}
    </span>
  );
});
