import { ActionIcon, Button, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { fileUrl } from "../../lib/api";
import { problemOf } from "../../lib/problem";
import { fileSize, moment } from "../../lib/sizes";
import type { BatchSummary } from "../../lib/types";
import { openBatch } from "../../state/open_batch";
import { useDeleteBatch } from "../../state/queries";
import { DownloadIcon, TrashIcon } from "../icons";
import styles from "./BatchMenu.module.css";

interface BatchRowProps {
  batch: BatchSummary;
  current: boolean;
}

/** A batch to go to; beside it what else can be done with it, reached by Tab. */
export function BatchRow({ batch, current }: BatchRowProps) {
  return (
    <div className={styles.row} data-testid="batch-row" data-batch={batch.id}>
      <Menu.Item
        className={styles.pick}
        onClick={() => openBatch(batch.id)}
        closeMenuOnClick
        aria-current={current || undefined}
        bg={current ? "var(--accent-surface)" : undefined}
      >
        <span className={styles.title} title={batch.name}>
          {batch.name}
        </span>
        <span className={styles.facts}>
          {batch.B} × {batch.S} · {fileSize(batch.size)} · {moment(batch.created)}
        </span>
      </Menu.Item>
      <ActionIcon
        component="a"
        href={fileUrl(batch.id)}
        download
        variant="subtle"
        color="gray"
        size={34}
        aria-label={`Download ${batch.name}`}
      >
        <DownloadIcon />
      </ActionIcon>
      <DeleteButton batch={batch} />
    </div>
  );
}

/** Asks once more before it deletes: the first press arms it. */
function DeleteButton({ batch }: { batch: BatchSummary }) {
  const remove = useDeleteBatch();
  const [armed, setArmed] = useState(false);
  const complain = (thrown: unknown) =>
    notifications.show({ color: "red", title: `${batch.name} was not deleted.`, message: problemOf(thrown).message });
  return (
    <Button
      className={styles.tool}
      variant="subtle"
      color="red"
      disabled={remove.isPending}
      onClick={() => (armed ? remove.mutate(batch.id, { onError: complain }) : setArmed(true))}
      onBlur={() => setArmed(false)}
      aria-label={armed ? `Press again to delete ${batch.name}` : `Delete ${batch.name}`}
      data-testid="batch-delete"
    >
      {armed ? "Delete?" : <TrashIcon />}
    </Button>
  );
}
