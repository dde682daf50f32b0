import { exactText, isFiniteNumber, readable } from "../../lib/numbers";
import type { Value as TermValue } from "../../lib/types";

/** A number or a list of numbers: rounded text, exact value in the title. */
export function Value({ value }: { value: TermValue }) {
  if (value === null) return <i>invalid</i>;
  if (typeof value === "boolean") return <span className="num">{value ? "yes" : "no"}</span>;
  if (typeof value === "object") {
    return value.map((each, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: the index is what names an action or dimension
      <span key={index}>
        {index > 0 && ", "}
        <Value value={each} />
      </span>
    ));
  }
  return (
    <span className={isFiniteNumber(value) ? "num" : "num bad"} title={exactText(value)} data-value={exactText(value)}>
      {readable(value)}
    </span>
  );
}
