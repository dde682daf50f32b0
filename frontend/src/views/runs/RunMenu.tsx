import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { problemOf } from "../../lib/problem";
import { isLive } from "../../lib/runs";
import type { RunSummary } from "../../lib/types";
import { useOpenRun } from "../../state/open_run";
import { runsQuery } from "../../state/run_queries";
import { useNow } from "../../state/use_now";
import { FindMenu } from "../menu/FindMenu";
import { MenuButton } from "../menu/MenuButton";
import { LiveDot } from "./LiveDot";
import { RunRow } from "./RunRow";

/** The menu of training runs: watch or delete. Nothing until there is one. */
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
    <MenuButton title="Runs" noun="training run" total={runs.length} testid="run-menu">
      {runs.some((run) => isLive(run, now)) && <LiveDot />}
    </MenuButton>
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
