import { counted } from "../../lib/sizes";
import type { ShardIssue } from "../../lib/types";
import { escapeInvisible } from "../../lib/visible";
import { AlertIcon, InfoIcon, StopIcon } from "../icons";
import { TextWithCode } from "../TextWithCode";
import styles from "./Issues.module.css";

export const ICONS = { error: StopIcon, warning: AlertIcon, info: InfoIcon };
const SHOWN = 5;

/** Issues of a shard, the worst first; findings of one check share a title and a fix. */
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
              <TextWithCode text={escapeInvisible(issue.message)} />
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
            {issue.fix && !same(issues[index + 1]) && <p className="dim">{escapeInvisible(issue.fix)}</p>}
          </li>
        );
      })}
    </ol>
  );
}
