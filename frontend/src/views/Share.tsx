import { isFiniteNumber, percent } from "../lib/numbers";
import type { WireNumber } from "../lib/types";

interface ShareProps {
  /** Null where the total is unknown. */
  value: WireNumber | null;
  testid: string;
}

/** A part of the total in percent, exact in data-value. */
export function Share({ value, testid }: ShareProps) {
  return (
    <span
      className="num"
      data-testid={testid}
      data-value={value === null ? "NaN" : String(value)}
      data-bad={(value !== null && !isFiniteNumber(value)) || undefined}
    >
      {value === null ? "n/a" : percent(value)}
    </span>
  );
}
