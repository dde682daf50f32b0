import { Button, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { problemOf } from "../../lib/problem";
import type { RunInfo } from "../../lib/types";
import { pin } from "../../state/pin";
import { useDeleteSnapshot, useKeepSnapshot } from "../../state/run_queries";
import { StarIcon, TrashIcon } from "../icons";
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
          onClick={() => keep.mutate({ step, pinned: !kept }, { onError: complain("It was not changed.") })}
          aria-label="Keep this snapshot"
          aria-pressed={kept}
          data-testid="run-keep"
        >
          <StarIcon size={15} />
        </Button>
      </Tooltip>
      <DeleteSnapshot key={step} run={run} step={step} off={!snapshot} />
    </div>
  );
}

/** Asks once more before it deletes: the first press arms it. */
function DeleteSnapshot({ run, step, off }: SnapshotToolsProps & { off: boolean }) {
  const remove = useDeleteSnapshot(run);
  const [armed, setArmed] = useState(false);
  return (
    <Button
      size="compact-xs"
      px={4}
      variant="subtle"
      color="red"
      disabled={off || remove.isPending}
      onClick={() => (armed ? remove.mutate(step, { onError: complain("It was not deleted.") }) : setArmed(true))}
      onBlur={() => setArmed(false)}
      aria-label={armed ? `Press again to delete step ${step}` : `Delete step ${step}`}
      data-testid="run-delete-step"
    >
      {armed ? "Delete?" : <TrashIcon size={15} />}
    </Button>
  );
}

function complain(title: string) {
  return (thrown: unknown) => notifications.show({ color: "red", title, message: problemOf(thrown).message });
}
