import { Button, Menu, ScrollArea } from "@mantine/core";
import { type KeyboardEvent, useState } from "react";
import { matching } from "../../lib/matching";
import type { BatchInfo, BatchSummary } from "../../lib/types";
import { openBatch } from "../../state/open_batch";
import { openOverlay, useOverlay } from "../../state/use_overlay";
import { ChevronIcon } from "../icons";
import styles from "./BatchMenu.module.css";
import { BatchRow } from "./BatchRow";

interface BatchMenuProps {
  list: readonly BatchSummary[];
  current: BatchInfo | null;
}

/** The batch on screen, and behind it all others: to switch to, download or delete. */
export function BatchMenu({ list, current }: BatchMenuProps) {
  const [opened, open] = useOverlay("batches");
  return (
    <Menu
      opened={opened}
      onChange={open}
      width={440}
      position="bottom-start"
      shadow="md"
      closeOnItemClick={false}
      loop={false}
    >
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
        <Found list={list} current={current} />
      </Menu.Dropdown>
    </Menu>
  );
}

/** A search field with what it finds below: arrows go through it, Enter takes the one marked or the first. */
function Found({ list, current }: BatchMenuProps) {
  const [wanted, setWanted] = useState("");
  const found = matching(list, wanted);
  const takeFirst = (event: KeyboardEvent) => {
    const marked = event.currentTarget.closest("[role=menu]")?.querySelector("[data-menu-active]");
    if (event.key !== "Enter" || marked || !found[0]) return;
    event.preventDefault();
    openBatch(found[0].id);
    openOverlay(null);
  };
  return (
    <>
      <Menu.Search
        size="xs"
        placeholder="Find by name or id"
        value={wanted}
        onChange={(event) => setWanted(event.currentTarget.value)}
        onKeyDown={takeFirst}
        autoComplete="off"
        spellCheck={false}
        aria-label="Find a batch by name or id"
        data-testid="batch-search"
      />
      <ScrollArea.Autosize mah={380} type="auto" offsetScrollbars="present">
        {found.map((batch) => (
          <BatchRow key={batch.id} batch={batch} current={batch.id === current?.id} />
        ))}
        {found.length === 0 && <p className={styles.none}>No batch of that name or id.</p>}
      </ScrollArea.Autosize>
    </>
  );
}
