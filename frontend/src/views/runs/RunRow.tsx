import { Button, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { problemOf } from "../../lib/problem";
import { ago, isLive } from "../../lib/runs";
import { count, counted, fileSize, moment } from "../../lib/sizes";
import type { RunSummary } from "../../lib/types";
import { useDeleteRun } from "../../state/run_queries";
import { TrashIcon } from "../icons";
import { LiveDot } from "./LiveDot";
import styles from "./RunMenu.module.css";

interface RunRowProps {
  run: RunSummary;
  now: number;
  onPick: () => void;
}

/** A run to go to; beside it, reached by Tab, the way to delete it. */
export function RunRow({ run, now, onPick }: RunRowProps) {
  return (
    <div className={styles.row} data-testid="run-row" data-run={run.id}>
      <Menu.Item className={styles.pick} onClick={onPick} closeMenuOnClick disabled={run.snapshots === 0}>
        <span className={styles.title}>
          <span className={styles.name} title={run.name}>
            {run.name}
          </span>
          {isLive(run, now) && <LiveDot />}
        </span>
        <span className={styles.facts} title={moment(run.updated)}>
          {counted(run.snapshots, "snapshot")}
          {run.last_step !== null && ` · step ${count(run.last_step)}`} · {fileSize(run.bytes)} ·{" "}
          {ago(run.updated, now)}
        </span>
      </Menu.Item>
      <DeleteButton run={run} />
    </div>
  );
}

/** Asks once more before it deletes: the first press arms it. */
function DeleteButton({ run }: { run: RunSummary }) {
  const remove = useDeleteRun();
  const [armed, setArmed] = useState(false);
  const complain = (thrown: unknown) =>
    notifications.show({ color: "red", title: `${run.name} was not deleted.`, message: problemOf(thrown).message });
  return (
    <Button
      className={styles.tool}
      variant="subtle"
      color="red"
      disabled={remove.isPending}
      onClick={() => (armed ? remove.mutate(run.id, { onError: complain }) : setArmed(true))}
      onBlur={() => setArmed(false)}
      aria-label={armed ? `Press again to delete ${run.name} with its snapshots` : `Delete ${run.name}`}
      data-testid="run-delete"
    >
      {armed ? "Delete?" : <TrashIcon />}
    </Button>
  );
}
