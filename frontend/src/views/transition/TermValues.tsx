import { exactText, readable } from "../../lib/numbers";
import { counted } from "../../lib/sizes";
import type { Value, WireNumber } from "../../lib/types";
import { ChevronIcon } from "../icons";
import { Num } from "../Num";
import styles from "./TransitionPanel.module.css";

type Scalar = WireNumber | boolean | null;

/** The text for the huge negative number that the library uses for invalid actions. */
const LOG_ZERO = "log 0";

function isLogZero(value: Scalar, logZero: number | null): value is number {
  return logZero !== null && typeof value === "number" && value <= logZero;
}

export function isScalar(value: Value): value is Scalar {
  return value === null || typeof value !== "object";
}

interface ScalarProps {
  value: Scalar;
  className?: string;
  /** Numbers down here stand for log 0. */
  logZero?: number | null;
  /** Whether -inf marks an invalid action here. */
  padded?: boolean;
}

export function ScalarValue({ value, className, logZero = null, padded = false }: ScalarProps) {
  if (value === null) return <span className={styles.off}>invalid</span>;
  if (isLogZero(value, logZero)) {
    return (
      <span className="num dim" title={`${exactText(value)}, which stands for log 0`} data-value={exactText(value)}>
        {LOG_ZERO}
      </span>
    );
  }
  if (padded && value === "-Infinity") {
    return (
      <span className="num dim" title="-inf marks an invalid or padding action" data-value={exactText(value)}>
        {readable(value)}
      </span>
    );
  }
  if (typeof value !== "boolean") return <Num value={value} className={className} />;
  return (
    <span className={`num ${className ?? ""}`} data-value={String(value)}>
      {String(value)}
    </span>
  );
}

interface ListProps {
  values: readonly Scalar[];
  /** Numbers down here stand for log 0. */
  logZero?: number | null;
  /** Whether -inf marks an invalid action here. */
  padded?: boolean;
}

/** A collapsed list in one line, with as many values as fit. */
export function FoldedList({ values, dim, logZero }: ListProps & { dim: string }) {
  return (
    <details className={styles.folded}>
      <summary aria-label={counted(values.length, dim)}>
        <ChevronIcon size={12} />
        <span className="num" aria-hidden="true">
          {values.map((value) => shortly(value, logZero ?? null)).join("  ")}
        </span>
        <span className={styles.count}>{counted(values.length, dim)}</span>
      </summary>
      <ListValue values={values} logZero={logZero} />
    </details>
  );
}

function shortly(value: Scalar, logZero: number | null): string {
  if (value === null) return "invalid";
  if (typeof value === "boolean") return value ? "true" : "false";
  return isLogZero(value, logZero) ? LOG_ZERO : readable(value);
}

/** A list over actions or dimensions as aligned cells, each value beside its index. */
export function ListValue({ values, logZero, padded }: ListProps) {
  return (
    <ol className={styles.list} start={0}>
      {values.map((value, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the index is what names an action or dimension
        <li key={index} className={styles.cell} data-index={index}>
          <span className={styles.index}>{index}</span>
          <ScalarValue value={value} logZero={logZero} padded={padded} />
        </li>
      ))}
    </ol>
  );
}
