import { Button, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { problemOf } from "../../lib/problem";
import type { RunInfo } from "../../lib/types";
import { pin } from "../../state/pin";
import { useDeleteSnapshot, useKeepSnapshot } from "../../state/run_queries";
import { StarIcon } from "../icons";
import { DeleteButton } from "../menu/DeleteButton";
import styles from "./RunStrip.module.css";

interface SnapshotToolsProps {
  run: RunInfo;
  step: number;
}

/** What can be done with the snapshot on screen: compare others with it, keep it, delete it. */
export function SnapshotTools({ run, step }: SnapshotToolsProps) {
  const snapshot = run.timeline.find((each) => each.step === step);
  const keep = useKeepSnapshot(run.id);
  const kept = snapshot?.pinned ?? false;
  const complain = (thrown: unknown) =>
    notifications.show({ color: "red", title: "It was not changed.", message: problemOf(thrown).message });
  return (
    <div className={styles.tools}>
      <Tooltip label="Pin this step with its configuration (p): go to another step and see the difference.">
        <Button size="compact-xs" variant="subtle" onClick={pin} data-testid="run-pin">
          Pin step
        </Button>
      </Tooltip>
      <Tooltip
        label={kept ? "It stays when others make room: press to take that back." : "Keep it when others make room."}
      >
        <Button
          size="compact-xs"
          px={4}
          variant="subtle"
          className={styles.keep}
          data-kept={kept || undefined}
          disabled={!snapshot}
          onClick={() => keep.mutate({ step, pinned: !kept }, { onError: complain })}
          aria-label="Keep this snapshot"
          aria-pressed={kept}
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
