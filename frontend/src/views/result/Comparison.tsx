import type { Column } from "../../lib/comparison";
import { Num } from "../Num";
import { Term } from "../Term";
import styles from "./Comparison.module.css";

const DOCS: Record<Column["name"], string> = {
  live: "The whole batch under the configuration on the left.",
  slice: "Only the transitions of the slice, with the library's own mean and metrics.",
  pinned: "The pinned state.",
  difference: "Live minus pinned.",
};
const TITLES: Record<Column["name"], string> = {
  live: "live",
  slice: "slice",
  pinned: "pinned",
  difference: "live − pinned",
};

/** Loss and metrics side by side: batch, slice, pinned state. */
export function Comparison({ columns }: { columns: readonly Column[] }) {
  const names = [...new Set(columns.flatMap(({ numbers }) => Object.keys(numbers)))];
  return (
    <div className={styles.scroll}>
      <table className={styles.table} data-testid="comparison">
        <thead>
          <tr>
            <th />
            {columns.map(({ name }) => (
              <th key={name} scope="col">
                <Term name={TITLES[name]} doc={DOCS[name]} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((row) => (
            <tr key={row}>
              <th scope="row" className="mono">
                {row}
              </th>
              {columns.map(({ name, numbers }) => (
                <td key={name} data-column={name}>
                  {numbers[row] === undefined ? (
                    <span className="dim">n/a</span>
                  ) : (
                    <Num value={numbers[row]} testid={`${name}-${row}`} />
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
