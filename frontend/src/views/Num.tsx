import { memo } from "react";
import { exactText, isFiniteNumber, readable } from "../lib/numbers";
import { count } from "../lib/sizes";
import type { WireNumber } from "../lib/types";

interface NumProps {
  value: WireNumber;
  testid?: string;
  className?: string;
  /** Whether it counts something, and so has commas between thousands. */
  counts?: boolean;
}

/** A number of the server: rounded text, exact in its title and in data-value, highlighted if not finite. */
export const Num = memo(function Num({ value, testid, className, counts = false }: NumProps) {
  const exact = exactText(value);
  return (
    <span
      className={className ? `num ${className}` : "num"}
      title={exact}
      data-value={exact}
      data-testid={testid}
      data-bad={isFiniteNumber(value) ? undefined : true}
    >
      {counts && Number.isInteger(Number(value)) ? count(Number(value)) : readable(value)}
    </span>
  );
});
