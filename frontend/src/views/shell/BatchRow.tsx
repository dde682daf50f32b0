import { ActionIcon } from "@mantine/core";
import { shortSizeOf } from "../../lib/batch_size";
import { fileSize, formatDateTime } from "../../lib/sizes";
import type { BatchSummary } from "../../lib/types";
import { escapeInvisible } from "../../lib/visible";
import { openBatch } from "../../state/actions/navigation";
import { fileUrl } from "../../state/addresses";
import { useDeleteBatch } from "../../state/queries";
import { DownloadIcon } from "../icons";
import { DeleteButton } from "../menu/DeleteButton";
import { EntryRow } from "../menu/EntryRow";

interface BatchRowProps {
  batch: BatchSummary;
  current: boolean;
}

/** A batch: open, download or delete. */
export function BatchRow({ batch, current }: BatchRowProps) {
  const { id, name, size, created } = batch;
  return (
    <EntryRow
      name={name}
      facts={`${shortSizeOf(batch)} · ${fileSize(size)} · ${formatDateTime(created)}`}
      current={current}
      onPick={() => openBatch(id)}
      testid="batch-row"
    >
      <ActionIcon
        component="a"
        href={fileUrl(id)}
        download
        variant="subtle"
        color="gray"
        size={34}
        aria-label={`Download ${escapeInvisible(name)}`}
      >
        <DownloadIcon />
      </ActionIcon>
      <DeleteButton id={id} name={name} remove={useDeleteBatch()} testid="batch-delete" />
    </EntryRow>
  );
}
