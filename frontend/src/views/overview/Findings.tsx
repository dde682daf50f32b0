import { countOf } from "../../lib/findings";
import { counted } from "../../lib/sizes";
import type { BatchInfo, DoctorReport, Finding, LossInfo, RuleInfo } from "../../lib/types";
import { ChevronIcon } from "../icons";
import { Checked } from "./Checked";
import { FindingItem } from "./FindingItem";
import styles from "./Findings.module.css";

interface FindingsProps {
  report: DoctorReport;
  rules: readonly RuleInfo[];
  batch: BatchInfo;
  catalogue: readonly LossInfo[];
  /** Whether they are those of other configs. */
  before: boolean;
}

/** The doctor's findings, the worst first, and the rules that it checked. */
export function Findings({ report, rules, batch, catalogue, before }: FindingsProps) {
  const { findings } = report;
  const notes = findings.filter(({ severity }) => severity === "info");
  const shown = { rules, batch, catalogue, before };
  return (
    <section aria-label="Findings" data-testid="findings" data-before={before || undefined} className={styles.findings}>
      <p className={styles.summary} data-testid="findings-summary">
        {summary(report)}
        {before && <b className={styles.before}>before the last change</b>}
      </p>
      <List {...shown} findings={findings.filter(({ severity }) => severity !== "info")} />
      {notes.length > 0 && (
        <details className={styles.why}>
          <summary data-testid="info-toggle">
            <ChevronIcon size={13} /> info: {counted(notes.length, "finding")}
          </summary>
          <List {...shown} findings={notes} />
        </details>
      )}
      <Checked report={report} rules={rules} />
    </section>
  );
}

function List({ findings, ...shown }: Omit<FindingsProps, "report"> & { findings: readonly Finding[] }) {
  if (findings.length === 0) return null;
  return (
    <ol className={styles.list}>
      {findings.map((finding, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a rule may find several things, which have no name of their own
        <FindingItem key={`${finding.rule} ${index}`} finding={finding} {...shown} />
      ))}
    </ol>
  );
}

function summary(report: DoctorReport): string {
  const { findings, checked } = report;
  if (findings.length === 0) {
    return `${counted(checked.length, "rule")} ran and found nothing. That does not prove that nothing is wrong.`;
  }
  const [errors, warnings, infos] = (["error", "warning", "info"] as const).map((each) => countOf(report, each));
  const parts = [
    errors && counted(errors, "error"),
    warnings && counted(warnings, "warning"),
    infos && `${infos} info`,
  ];
  return `${parts.filter(Boolean).join(", ")} from ${counted(checked.length, "rule")}`;
}
