import { nonFiniteCount, nonFiniteText } from "../../lib/health";
import type { FieldInfo } from "../../lib/types";
import styles from "./BatchCard.module.css";

/** Every tensor of the batch with its dtype, shape and non-finite counts. */
export function FieldsTable({ fields }: { fields: readonly FieldInfo[] }) {
  return (["step_stream", "out"] as const).map((group) => {
    const members = fields.filter((field) => field.group === group);
    return members.length === 0 ? null : (
      <div key={group}>
        <h3 className={`${styles.group} mono`}>{group}</h3>
        <table className={styles.table} aria-label={`Fields of ${group}`}>
          <tbody>
            {members.map((field) => (
              <FieldRow key={field.name} field={field} />
            ))}
          </tbody>
        </table>
      </div>
    );
  });
}

function FieldRow({ field }: { field: FieldInfo }) {
  return (
    <tr data-testid={`batch-field-${field.name}`}>
      <td className={`${styles.field} mono`} title={field.name}>
        {field.name}
      </td>
      <td className={`${styles.shape} num`}>
        {field.dtype} <span className={styles.dims}>[{field.shape.join(", ")}]</span>
        {nonFiniteCount(field) > 0 && <NotFinite field={field} />}
      </td>
    </tr>
  );
}

/** Whether a field has unexpected non-finite values: -inf is valid only in q_star, where it marks an invalid action. */
export function hasUnexpectedValues(field: FieldInfo): boolean {
  return (field.name === "q_star" ? field.nan + field.pos_inf : nonFiniteCount(field)) > 0;
}

function NotFinite({ field }: { field: FieldInfo }) {
  const text = nonFiniteText(field);
  return !hasUnexpectedValues(field) ? (
    <span className={styles.expected} title="-inf marks an invalid or padding action">
      {text}
    </span>
  ) : (
    <span className={styles.bad}>{text}</span>
  );
}
