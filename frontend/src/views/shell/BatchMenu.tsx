import { Button, Menu, ScrollArea } from "@mantine/core";
import type { BatchInfo, BatchSummary } from "../../lib/types";
import { ChevronIcon } from "../icons";
import styles from "./BatchMenu.module.css";
import { BatchRow } from "./BatchRow";

interface BatchMenuProps {
  list: readonly BatchSummary[];
  current: BatchInfo | null;
}

/** The batch on screen, and behind it all others: to switch to, download or delete. */
export function BatchMenu({ list, current }: BatchMenuProps) {
  return (
    <Menu width={440} position="bottom-start" shadow="md" closeOnItemClick={false} loop={false}>
      <Menu.Target>
        <Button
          variant="default"
          size="xs"
          rightSection={<ChevronIcon size={14} />}
          className={styles.target}
          data-testid="batch-menu"
          aria-label={`Batch ${current?.name ?? "none"}; ${list.length} in all`}
        >
          <span className={styles.name}>{current?.name ?? "Choose a batch"}</span>
          {current && (
            <span className={styles.shape}>
              {current.B} × {current.S}
            </span>
          )}
        </Button>
      </Menu.Target>
      <Menu.Dropdown data-testid="batch-list">
        <ScrollArea.Autosize mah={420} type="auto" offsetScrollbars="present">
          {list.map((batch) => (
            <BatchRow key={batch.id} batch={batch} current={batch.id === current?.id} />
          ))}
        </ScrollArea.Autosize>
      </Menu.Dropdown>
    </Menu>
  );
}
