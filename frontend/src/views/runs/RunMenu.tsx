import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { problemOf } from "../../lib/problem";
import { isLive } from "../../lib/runs";
import { count, counted } from "../../lib/sizes";
import type { RunSummary } from "../../lib/types";
import { useOpenRun } from "../../state/open_run";
import { runsQuery } from "../../state/run_queries";
import { useNow } from "../../state/use_now";
import { ChevronIcon } from "../icons";
import { FindMenu } from "../menu/FindMenu";
import { LiveDot } from "./LiveDot";
import styles from "./RunMenu.module.css";
import { RunRow } from "./RunRow";

/** Every training run: to watch, or to delete. Nothing until there is one. */
export function RunMenu() {
  const { data: runs = [] } = useQuery(runsQuery);
  return runs.length > 0 && <Runs runs={runs} />;
}

function Runs({ runs }: { runs: readonly RunSummary[] }) {
  const now = useNow();
  const { mutate } = useOpenRun();
  const complain = (thrown: unknown) =>
    notifications.show({ color: "red", title: "The run was not opened.", message: problemOf(thrown).message });
  const pick = (id: string) => mutate(id, { onError: complain });
  const target = (
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
  );
  return (
    <FindMenu
      kind="run"
      overlay="runs"
      target={target}
      entries={runs}
      pick={pick}
      row={(run) => <RunRow key={run.id} run={run} now={now} onPick={() => pick(run.id)} />}
    />
  );
}
