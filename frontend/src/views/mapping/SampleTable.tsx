import type { MappingSample } from "../../lib/types";
import styles from "./Mapping.module.css";

interface SampleTableProps {
  title: string;
  sample: MappingSample;
  testid: string;
  /** Whether to tell which row's action led to each. */
  led?: boolean;
}

/** A few steps; what is shifted is tinted in both tables, and says which row of the file it came from. */
export function SampleTable({ title, sample, testid, led = false }: SampleTableProps) {
  return (
    <div>
      <h3 className={styles.groupTitle}>{title}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className={styles.scroll} tabIndex={0} aria-label={title}>
        <table className={`${styles.table} ${styles.sample}`} data-testid={testid}>
          <thead>
            <tr>
              <th scope="col">row</th>
              {sample.columns.map((name, place) => (
                <th key={name} scope="col" className={sample.shifted[place] ? styles.shifted : undefined}>
                  <span className="mono">{name}</span>
                </th>
              ))}
              {led && sample.shifted.some(Boolean) && (
                <th scope="col" className={styles.shifted}>
                  from row
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {sample.rows.map((row) => (
              <tr key={row.state}>
                <td className="num dim">{row.state}</td>
                {row.cells.map((cell, place) => (
                  <td
                    // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place
                    key={place}
                    className={`num ${sample.shifted[place] ? styles.shifted : ""} ${led && row.led_by == null && sample.shifted[place] ? "dim" : ""}`}
                  >
                    {cell}
                  </td>
                ))}
                {led && sample.shifted.some(Boolean) && (
                  <td className={`num dim ${styles.shifted}`}>{row.led_by ?? "none"}</td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  );
}
