import { readable } from "../../lib/numbers";
import { counted } from "../../lib/sizes";
import type { Nested, WireNumber } from "../../lib/types";
import { ChevronIcon } from "../icons";
import { Num } from "../Num";
import styles from "./TransitionPanel.module.css";

type Scalar = WireNumber | boolean | null;

export function isScalar(value: Nested): value is Scalar {
  return value === null || typeof value !== "object";
}

export function ScalarValue({ value, className }: { value: Scalar; className?: string }) {
  if (value === null) return <span className={styles.off}>invalid</span>;
  if (typeof value !== "boolean") return <Num value={value} className={className} />;
  return (
    <span className={`num ${className ?? ""}`} data-value={String(value)}>
      {String(value)}
    </span>
  );
}

/** A list in one line that opens: its values, as many as there is room for. */
export function FoldedList({ values, dim }: { values: readonly Nested[]; dim: string }) {
  return (
    <details className={styles.folded}>
      <summary aria-label={counted(values.length, dim)}>
        <ChevronIcon size={12} />
        <span className="num" aria-hidden="true">
          {values.map(shortly).join("  ")}
        </span>
        <span className={styles.count}>{counted(values.length, dim)}</span>
      </summary>
      <ListValue values={values} />
    </details>
  );
}

function shortly(value: Nested | null): string {
  if (value === null) return "invalid";
  if (typeof value === "boolean") return value ? "true" : "false";
  return isScalar(value) ? readable(value) : "[…]";
}

/** A list over actions or dimensions as aligned cells, each value beside its index. */
export function ListValue({ values }: { values: readonly Nested[] }) {
  return (
    <ol className={styles.list} start={0}>
      {values.map((value, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the index is what names an action or dimension
        <li key={index} className={styles.cell} data-index={index}>
          <span className={styles.index}>{index}</span>
          {isScalar(value) ? <ScalarValue value={value} /> : <ListValue values={value} />}
        </li>
      ))}
    </ol>
  );
}
