import type { Nested, WireNumber } from "../../lib/types";
import { Num } from "../Num";
import styles from "./TransitionPanel.module.css";

type Scalar = WireNumber | boolean;

/** Columns of a list's table; longer lists go on below. */
const WIDTH = 4;

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

/** A list over actions or dimensions, each value under its index; a list of lists as one table per index. */
export function ListValue({ values }: { values: readonly Nested[] }) {
  if (!values.every(isScalar)) {
    return values.map((inner, index) =>
      // biome-ignore lint/suspicious/noArrayIndexKey: the index is what names an action or dimension
      isScalar(inner) ? <ScalarValue key={index} value={inner} /> : <ListValue key={index} values={inner} />,
    );
  }
  const starts = Array.from({ length: Math.ceil(values.length / WIDTH) }, (_, line) => line * WIDTH);
  return (
    <table className={styles.list}>
      <tbody>
        {starts.map((start) => (
          <Line key={start} start={start} values={values.slice(start, start + WIDTH)} />
        ))}
      </tbody>
    </table>
  );
}

function Line({ start, values }: { start: number; values: readonly Scalar[] }) {
  const cells = Array.from({ length: WIDTH }, (_, offset) => ({ index: start + offset, value: values[offset] }));
  return (
    <>
      <tr>
        {cells.map(({ index, value }) => (
          <th key={index} scope="col">
            {value === undefined ? "" : index}
          </th>
        ))}
      </tr>
      <tr>
        {cells.map(({ index, value }) =>
          value === undefined ? null : (
            <td key={index}>
              <ScalarValue value={value} />
            </td>
          ),
        )}
      </tr>
    </>
  );
}
