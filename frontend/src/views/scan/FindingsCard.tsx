import { Anchor } from "@mantine/core";
import { Fragment } from "react";
import { byNeed } from "../../lib/findings";
import { count, counted } from "../../lib/sizes";
import type { ScanFinding, ScanInfo, UncheckedInfo } from "../../lib/types";
import { escapeInvisible } from "../../lib/visible";
import { selectShard } from "../../state/actions/scan";
import { Card } from "../Card";
import { TextWithCode } from "../TextWithCode";
import { ICONS } from "./IssueList";
import issues from "./Issues.module.css";
import styles from "./Scan.module.css";

/** Issues by kind: in how many shards, and the worst shard. */
export function FindingsCard({ scan }: { scan: ScanInfo }) {
  const bad = scan.findings.filter(({ severity }) => severity !== "info");
  const notes = scan.findings.filter(({ severity }) => severity === "info");
  return (
    <Card title="Findings" aside={counted(bad.length, "kind")} testid="scan-findings">
      {scan.findings.length === 0 && (
        <p className={styles.note}>
          {counted(scan.rules_run, "rule")} ran and found nothing. That does not prove that nothing is wrong.
        </p>
      )}
      <Findings findings={bad} of={scan.shards} />
      {notes.length > 0 && (
        <details className={styles.more} open={bad.length === 0}>
          <summary>info: {counted(notes.length, "kind")}</summary>
          <Findings findings={notes} of={scan.shards} />
        </details>
      )}
      <Unchecked name="partly checked" lines={scan.not_checked.filter(isPart)} />
      <Unchecked name="not checked" lines={scan.not_checked.filter((line) => !isPart(line))} />
    </Card>
  );
}

/** Whether the rule ran in part, or on other shards. */
function isPart({ part, shards, of }: UncheckedInfo): boolean {
  return part !== "" || shards < of;
}

/** Unchecked rules: in how many shards, and what they need. */
function Unchecked({ name, lines }: { name: string; lines: readonly UncheckedInfo[] }) {
  if (lines.length === 0) return null;
  return (
    <details className={styles.more}>
      <summary>
        {name}: {counted(new Set(lines.map(({ rule }) => rule)).size, "rule")}
      </summary>
      <ul className={styles.notes}>
        {byNeed(lines.map((line) => ({ ...line, needs: `${whereOf(line)}\n${needsOf(line)}` }))).map(([key, those]) => {
          const [where, needs] = key.split("\n");
          return (
            <li key={key}>
              {those.map(({ rule, part }) => (
                <Fragment key={`${rule} ${part}`}>
                  <span className="mono">{rule}</span> {part && `(${part}) `}
                </Fragment>
              ))}
              {where}: {those.length === 1 ? "needs" : "need"} {needs}
            </li>
          );
        })}
      </ul>
    </details>
  );
}

function whereOf({ shards, of }: UncheckedInfo): string {
  return `not checked in ${count(shards)} of ${counted(of, "shard")}`;
}

function needsOf({ needs, more }: UncheckedInfo): string {
  return `${escapeInvisible(needs.join("; "))}${more > 0 ? `; and ${counted(more, "other need")}` : ""}`;
}

function Findings({ findings, of }: { findings: readonly ScanFinding[]; of: number }) {
  if (findings.length === 0) return null;
  return (
    <ol className={issues.issues}>
      {findings.map((finding) => {
        const Icon = ICONS[finding.severity];
        const { check, quantities, first } = finding;
        return (
          <li
            key={`${check} ${finding.in_most}`}
            data-severity={finding.severity}
            data-testid={`scan-finding-${check}`}
          >
            <p className={issues.title}>
              <Icon size={13} />
              <b>{finding.title}</b>
              <span className={issues.shards}>
                {finding.in_most ? "in most: " : ""}
                {count(finding.shards)} of {counted(of, "shard")}
              </span>
            </p>
            {quantities.length > 0 && <p className="mono dim">{quantities.map(escapeInvisible).join(", ")}</p>}
            <p>
              <TextWithCode text={escapeInvisible(finding.message)} />
            </p>
            {first !== null && (
              <Anchor component="button" type="button" inherit onClick={() => selectShard(first)}>
                Show {finding.shards > 1 ? "a shard that has it" : "the shard"}
              </Anchor>
            )}
          </li>
        );
      })}
    </ol>
  );
}
