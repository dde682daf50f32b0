import { Button, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { problemOf } from "../../lib/problem";
import type { RunInfo } from "../../lib/types";
import { pinCurrent } from "../../state/actions/comparison";
import { useDeleteSnapshot, useStarSnapshot } from "../../state/run_queries";
import { StarIcon } from "../icons";
import { DeleteButton } from "../menu/DeleteButton";
import styles from "./RunStrip.module.css";

interface SnapshotToolsProps {
  run: RunInfo;
  step: number;
}

/** Actions on the current snapshot: pin, star, delete. */
export function SnapshotTools({ run, step }: SnapshotToolsProps) {
  const snapshot = run.timeline.find((each) => each.step === step);
  const star = useStarSnapshot(run.id);
  const starred = snapshot?.pinned ?? false;
  const complain = (thrown: unknown) =>
    notifications.show({ color: "red", title: "The star was not changed.", message: problemOf(thrown).message });
  return (
    <div className={styles.tools}>
      <Tooltip label="Pin this step with its configuration (p), then go to another step and see the difference.">
        <Button size="compact-xs" variant="subtle" onClick={pinCurrent} data-testid="run-pin">
          Pin step
        </Button>
      </Tooltip>
      <Tooltip
        label={
          starred
            ? "Protected from deletion. Click to remove the star."
            : "Star this snapshot to protect it from deletion."
        }
      >
        <Button
          size="compact-xs"
          px={4}
          variant="subtle"
          className={styles.keep}
          data-kept={starred || undefined}
          disabled={!snapshot}
          onClick={() => star.mutate({ step, starred: !starred }, { onError: complain })}
          aria-label="Star this snapshot"
          aria-pressed={starred}
          data-testid="run-keep"
        >
          <StarIcon size={15} />
        </Button>
      </Tooltip>
      <DeleteButton
        key={step}
        id={step}
        name={`step ${step}`}
        remove={useDeleteSnapshot(run)}
        small
        disabled={!snapshot}
        testid="run-delete-step"
      />
    </div>
  );
}
