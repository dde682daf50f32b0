import { Button } from "@mantine/core";
import { comparable, newestChanges } from "../../lib/run_changes";
import { count } from "../../lib/sizes";
import type { RunInfo } from "../../lib/types";
import { pinSnapshotOf } from "../../state/actions/comparison";
import type { RunNavigation } from "../../state/run_navigation";
import { AlertIcon, StopIcon } from "../icons";
import styles from "./ChangeList.module.css";

interface ChangeListProps {
  run: RunInfo;
  navigation: RunNavigation;
}

/** Changes along the run, the newest first, with links to both sides. */
export function ChangeList({ run, navigation }: ChangeListProps) {
  const changes = newestChanges(run);
  if (changes.length === 0) return null;
  return (
    <ul className={styles.changes} aria-label="What changed along the run" data-testid="run-changes">
      {changes.map((change) => {
        const sides = comparable(run, change);
        const compare = () => {
          if (!sides) return;
          pinSnapshotOf(run.id, sides.before);
          navigation.scrub(sides.after);
        };
        return (
          <li key={`${change.rule} ${change.subject} ${change.step}`} data-severity={change.severity}>
            <span className={styles.icon} aria-hidden="true">
              {change.severity === "error" && <StopIcon size={11} />}
              {change.severity === "warning" && <AlertIcon size={12} />}
            </span>
            <span className={styles.message} title={change.message}>
              {change.message}
            </span>
            {sides && (
              <Button
                size="compact-xs"
                variant="light"
                onClick={compare}
                title={`Pin step ${count(sides.before.step)} and go to step ${count(sides.after.step)}`}
                data-testid="run-compare"
              >
                Compare
              </Button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
