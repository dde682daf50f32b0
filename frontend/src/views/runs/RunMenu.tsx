import { Button, Menu, ScrollArea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useState } from "react";
import { matching } from "../../lib/matching";
import { problemOf } from "../../lib/problem";
import { isLive } from "../../lib/runs";
import { count, counted } from "../../lib/sizes";
import type { RunSummary } from "../../lib/types";
import { useOpenRun } from "../../state/open_run";
import { runsQuery } from "../../state/run_queries";
import { useNow } from "../../state/use_now";
import { openOverlay, useOverlay } from "../../state/use_overlay";
import { ChevronIcon } from "../icons";
import { LiveDot } from "./LiveDot";
import styles from "./RunMenu.module.css";
import { RunRow } from "./RunRow";

/** Every training run: to watch, or to delete. Nothing until there is one. */
export function RunMenu() {
  const { data: runs = [] } = useQuery(runsQuery);
  return runs.length > 0 && <Runs runs={runs} />;
}

function Runs({ runs }: { runs: readonly RunSummary[] }) {
  const [opened, open] = useOverlay("runs");
  const now = useNow();
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
          aria-label={counted(runs.length, "training run")}
          data-testid="run-menu"
        >
          Runs <span className={styles.count}>{count(runs.length)}</span>
          {runs.some((run) => isLive(run, now)) && <LiveDot />}
        </Button>
      </Menu.Target>
      <Menu.Dropdown data-testid="run-list">
        <Found runs={runs} now={now} />
      </Menu.Dropdown>
    </Menu>
  );
}

/** A search field with what it finds below: arrows go through it, Enter takes the one marked or the first. */
function Found({ runs, now }: { runs: readonly RunSummary[]; now: number }) {
  const [wanted, setWanted] = useState("");
  const { mutate } = useOpenRun();
  const found = matching(runs, wanted);
  const complain = (thrown: unknown) =>
    notifications.show({ color: "red", title: "The run was not opened.", message: problemOf(thrown).message });
  const pick = (id: string) => mutate(id, { onError: complain });
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
        aria-label="Find a run by name or id"
        data-testid="run-search"
      />
      <ScrollArea.Autosize mah={380} type="auto" offsetScrollbars="present" classNames={{ content: styles.list }}>
        {found.map((run) => (
          <RunRow key={run.id} run={run} now={now} onPick={() => pick(run.id)} />
        ))}
        {found.length === 0 && <p className={styles.none}>No run of that name or id.</p>}
      </ScrollArea.Autosize>
    </>
  );
}
