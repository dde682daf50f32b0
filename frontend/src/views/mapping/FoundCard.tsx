import { targetsOf } from "../../lib/mapping";
import type { Import, Mapping } from "../../lib/types";
import { Card } from "../Card";
import styles from "./Mapping.module.css";
import { Notes } from "./Notes";

/** The fields of the file, unchanged. */
export function FoundCard({ file, mapping }: { file: Import; mapping: Mapping }) {
  return (
    <Card title="In the file" aside={`${file.fields.length} fields`} label="In the file">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className={styles.scroll} tabIndex={0} aria-label="Fields of the file">
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">field</th>
              <th scope="col">type</th>
              <th scope="col">shape</th>
              <th scope="col">mapped to</th>
            </tr>
          </thead>
          <tbody>
            {file.fields.map(({ name, dtype, shape }) => (
              <tr key={name}>
                <td className={`${styles.name} mono`} title={name}>
                  {name}
                </td>
                <td className="num dim">{dtype}</td>
                <td className="num dim">[{shape.join(", ")}]</td>
                <td className="mono" data-testid={`taken-${name}`}>
                  {targetsOf(name, mapping).join(", ")}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <Notes notes={file.notes} />
    </Card>
  );
}
