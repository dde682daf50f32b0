import { Menu, ScrollArea } from "@mantine/core";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import { matching } from "../../lib/matching";
import type { Overlay } from "../../state/store";
import { openOverlay, useOverlay } from "../../state/use_overlay";
import styles from "./FindMenu.module.css";

interface Entry {
  readonly id: string;
  readonly name: string;
}

interface FoundProps<Each extends Entry> {
  /** What an entry is. */
  kind: string;
  entries: readonly Each[];
  pick: (id: string) => void;
  row: (entry: Each) => ReactNode;
}

interface FindMenuProps<Each extends Entry> extends FoundProps<Each> {
  overlay: Overlay;
  /** The button that opens it. */
  target: ReactNode;
}

/** A button, and behind it a list to find an entry in. */
export function FindMenu<Each extends Entry>({ overlay, target, ...found }: FindMenuProps<Each>) {
  const [opened, open] = useOverlay(overlay);
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
      <Menu.Target>{target}</Menu.Target>
      <Menu.Dropdown data-testid={`${found.kind}-list`}>
        <Found {...found} />
      </Menu.Dropdown>
    </Menu>
  );
}

/** A search field with its results below: arrow keys move through them, Enter opens the marked or the first one. */
function Found<Each extends Entry>({ kind, entries, pick, row }: FoundProps<Each>) {
  const [wanted, setWanted] = useState("");
  const found = matching(entries, wanted);
  const takeFirst = (event: KeyboardEvent) => {
    const marked = event.currentTarget.closest("[role=menu]")?.querySelector("[data-menu-active]");
    if (event.key !== "Enter" || marked || !found[0]) return;
    event.preventDefault();
    pick(found[0].id);
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
        aria-label={`Find a ${kind} by name or id`}
        data-testid={`${kind}-search`}
      />
      <ScrollArea.Autosize mah={380} type="auto" offsetScrollbars="present" classNames={{ content: styles.list }}>
        {found.map(row)}
        {found.length === 0 && <p className={styles.none}>No {kind} of that name or id.</p>}
      </ScrollArea.Autosize>
    </>
  );
}
