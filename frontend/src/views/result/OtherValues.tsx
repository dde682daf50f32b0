import { readable } from "../../lib/numbers";
import type { LossInfo, OtherValue } from "../../lib/types";
import { Card } from "../Card";
import styles from "./OtherValues.module.css";

/** Values of a user's function that belong to no place of the batch: scalars, and tensors of other shapes. */
export function OtherValues({ loss, stale }: { loss: LossInfo; stale: boolean }) {
  if (loss.others.length === 0) return null;
  return (
    <Card title="Other values" testid="other-values" stale={stale}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th>name</th>
            <th>formula</th>
            <th>shape</th>
            <th className={styles.number}>mean</th>
            <th className={styles.number}>smallest</th>
            <th className={styles.number}>largest</th>
          </tr>
        </thead>
        <tbody>
          {loss.others.map((value) => (
            <Row key={value.name} value={value} />
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function Row({ value: { name, formula, shape, line, mean, smallest, largest } }: { value: OtherValue }) {
  return (
    <tr>
      <td className="mono">{name}</td>
      <td className="mono" title={`line ${line}`}>
        {formula}
      </td>
      <td className={styles.shape}>{shape.length === 0 ? "one number" : `[${shape.join(", ")}]`}</td>
      {[mean, smallest, largest].map((number, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: three columns, in this order
        <td key={index} className={styles.number}>
          {number === null ? "" : readable(Number(number))}
        </td>
      ))}
    </tr>
  );
}
