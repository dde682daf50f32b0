import { Button } from "@mantine/core";
import { shortSizeOf } from "../../lib/batch_size";
import type { BatchInfo, BatchSummary } from "../../lib/types";
import { escapeInvisible } from "../../lib/visible";
import { openBatch } from "../../state/actions/navigation";
import { ChevronIcon } from "../icons";
import { FindMenu } from "../menu/FindMenu";
import styles from "./BatchMenu.module.css";
import { BatchRow } from "./BatchRow";

interface BatchMenuProps {
  list: readonly BatchSummary[];
  current: BatchInfo | null;
}

/** The menu of batches: switch to, download or delete one. */
export function BatchMenu({ list, current }: BatchMenuProps) {
  const name = current && escapeInvisible(current.name);
  const target = (
    <Button
      variant="default"
      size="xs"
      rightSection={<ChevronIcon size={14} />}
      className={styles.target}
      data-testid="batch-menu"
      aria-label={`Batch ${name ?? "none"}; ${list.length} in all`}
    >
      <span className={styles.name}>{name ?? "Choose a batch"}</span>
      {current && <span className={styles.shape}>{shortSizeOf(current)}</span>}
    </Button>
  );
  return (
    <FindMenu
      kind="batch"
      overlay="batches"
      target={target}
      entries={list}
      pick={openBatch}
      row={(batch) => <BatchRow key={batch.id} batch={batch} current={batch.id === current?.id} />}
    />
  );
}
