import type { Nested, WireNumber } from "../../lib/types";
import { Num } from "../Num";
import styles from "./TransitionPanel.module.css";

type Scalar = WireNumber | boolean;

export function isScalar(value: Nested): value is Scalar {
  return typeof value !== "object";
}

export function ScalarValue({ value, className }: { value: Scalar; className?: string }) {
  if (typeof value !== "boolean") return <Num value={value} className={className} />;
  return (
    <span className={`num ${className ?? ""}`} data-value={String(value)}>
      {String(value)}
    </span>
  );
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
