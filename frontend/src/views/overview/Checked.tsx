import { counted } from "../../lib/sizes";
import type { DoctorReport, RuleInfo } from "../../lib/types";
import { ChevronIcon } from "../icons";
import { Term } from "../Term";
import styles from "./Findings.module.css";

/** What was looked for, and what could not be. */
export function Checked({ report, rules }: { report: DoctorReport; rules: readonly RuleInfo[] }) {
  const { checked, not_checked, findings } = report;
  const title = (id: string) => rules.find((rule) => rule.id === id)?.title ?? "";
  return (
    <div className={styles.checked}>
      <details key={String(findings.length === 0)} open={findings.length === 0} className={styles.why}>
        <summary data-testid="checked-toggle">
          <ChevronIcon size={13} /> checked: {counted(checked.length, "rule")}
        </summary>
        <p className={styles.rules} data-testid="checked">
          {checked.map((id) => (
            <Term key={id} name={id} doc={title(id)} mono />
          ))}
        </p>
      </details>
      {not_checked.length > 0 && (
        <details className={styles.why}>
          <summary data-testid="not-checked-toggle">
            <ChevronIcon size={13} /> not checked: {counted(not_checked.length, "rule")}
          </summary>
          <ul className={styles.skipped} data-testid="not-checked">
            {not_checked.map(({ rule, needs }) => (
              <li key={rule}>
                <Term name={rule} doc={title(rule)} mono /> needs {needs}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
