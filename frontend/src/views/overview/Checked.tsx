import { Fragment } from "react";
import { byNeed, type Unchecked } from "../../lib/findings";
import { counted } from "../../lib/sizes";
import type { DoctorReport, RuleInfo } from "../../lib/types";
import { ChevronIcon } from "../icons";
import { Term } from "../Term";
import styles from "./Findings.module.css";

/** The checked rules, and the unchecked ones. */
export function Checked({ report, rules }: { report: DoctorReport; rules: readonly RuleInfo[] }) {
  const { checked, not_checked, partly_checked, findings } = report;
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
      <Skipped name="partly checked" id="partly-checked" lines={partly_checked} title={title} />
      <Skipped name="not checked" id="not-checked" lines={not_checked} title={title} />
    </div>
  );
}

/** Rules that could not run, fully or in part, and what they need. */
function Skipped({
  name,
  id,
  lines,
  title,
}: {
  name: string;
  id: string;
  lines: Unchecked[];
  title: (id: string) => string;
}) {
  if (lines.length === 0) return null;
  return (
    <details className={styles.why}>
      <summary data-testid={`${id}-toggle`}>
        <ChevronIcon size={13} /> {name}: {counted(new Set(lines.map(({ rule }) => rule)).size, "rule")}
      </summary>
      <ul className={styles.skipped} data-testid={id}>
        {byNeed(lines).map(([needs, those]) => (
          <li key={needs}>
            {those.map(({ rule, part }) => (
              <Fragment key={`${rule} ${part ?? ""}`}>
                <Term name={rule} doc={title(rule)} mono /> {part && `(${part}) `}
              </Fragment>
            ))}
            {those.length === 1 ? "needs" : "need"} {needs}
          </li>
        ))}
      </ul>
    </details>
  );
}
