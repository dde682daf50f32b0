import { Menu } from "@mantine/core";
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

export function BatchRow({ batch, current }: BatchRowProps) {
  const show = () => openBatch(batch.id);
  return (
    <div className={styles.row} data-testid="batch-row" data-batch={batch.id}>
      <Menu.Item
        className={styles.pick}
        onClick={show}
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
      <Menu.Item
        component="a"
        href={fileUrl(batch.id)}
        download
        className={styles.tool}
        aria-label={`Download ${batch.name}`}
      >
        <DownloadIcon />
      </Menu.Item>
      <DeleteItem batch={batch} />
    </div>
  );
}

/** Asks once more before it deletes: the first press arms it. */
function DeleteItem({ batch }: { batch: BatchSummary }) {
  const remove = useDeleteBatch();
  const [armed, setArmed] = useState(false);
  const complain = (thrown: unknown) =>
    notifications.show({ color: "red", title: `${batch.name} was not deleted.`, message: problemOf(thrown).message });
  return (
    <Menu.Item
      className={armed ? undefined : styles.tool}
      w={armed ? "auto" : undefined}
      color="red"
      disabled={remove.isPending}
      onClick={() => (armed ? remove.mutate(batch.id, { onError: complain }) : setArmed(true))}
      onBlur={() => setArmed(false)}
      aria-label={armed ? `Press again to delete ${batch.name}` : `Delete ${batch.name}`}
      data-testid="batch-delete"
    >
      {armed ? "Delete?" : <TrashIcon />}
    </Menu.Item>
  );
}
