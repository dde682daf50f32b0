import { counted } from "../../lib/sizes";
import type { ShardIssue } from "../../lib/types";
import { visible } from "../../lib/visible";
import { AlertIcon, InfoIcon, StopIcon } from "../icons";
import { Marked } from "../mapping/Notes";
import styles from "./Issues.module.css";

export const ICONS = { error: StopIcon, warning: AlertIcon, info: InfoIcon };
const SHOWN = 5;

/** What is wrong with a shard, the worst first; of findings of one check, the title and what to do stand once. */
export function IssueList({ issues }: { issues: readonly ShardIssue[] }) {
  return (
    <ol className={styles.issues}>
      {issues.map((issue, index) => {
        const Icon = ICONS[issue.severity];
        const same = (other: ShardIssue | undefined) => other?.check === issue.check;
        return (
          <li
            key={`${issue.check} ${issue.quantity}`}
            data-severity={issue.severity}
            data-testid={`issue-${issue.check}`}
          >
            {!same(issues[index - 1]) && (
              <p className={styles.title}>
                <Icon size={13} />
                <b>{issue.title}</b>
              </p>
            )}
            <p>
              <Marked text={visible(issue.message)} />
            </p>
            {issue.places.length > 0 && (
              <p className="dim">
                {counted(issue.count, "place")}:{" "}
                {issue.places
                  .slice(0, SHOWN)
                  .map((place) => `[${place.join(", ")}]`)
                  .join(", ")}
                {issue.count > SHOWN && " …"}
              </p>
            )}
            {issue.fix && !same(issues[index + 1]) && <p className="dim">{visible(issue.fix)}</p>}
          </li>
        );
      })}
    </ol>
  );
}
