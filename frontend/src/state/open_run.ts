import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { runToWatch } from "../lib/link";
import { trainedConfigs } from "../lib/run_configs";
import { newestSnapshot } from "../lib/runs";
import { openSnapshot } from "./actions/navigation";
import { setFollowing } from "./following";
import { store, usePage } from "./page";
import { batchQuery, catalogueQuery } from "./queries";
import { runQuery, snapshotQuery } from "./run_queries";

/** Shows the newest snapshot of a run under the configs that it was trained with, and follows it from there. */
export function useOpenRun() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (id: string) => openRun(client, id) });
}

/** Read when the page opens: later the address names what is on screen. */
const toWatch = runToWatch(window.location.search);

/** Opens the run that the address names alone, without a step; says whether it is on the way. */
export function useRunToWatch(): boolean {
  const { mutate, isIdle, isPending } = useOpenRun();
  const opened = usePage(({ startRunOpened }) => startRunOpened);
  useEffect(() => {
    if (toWatch === null || store.getState().startRunOpened) return;
    store.setState({ startRunOpened: true });
    mutate(toWatch);
  }, [mutate]);
  return toWatch !== null && (isPending || (isIdle && !opened));
}

async function openRun(client: QueryClient, id: string): Promise<void> {
  const run = await client.fetchQuery(runQuery(id));
  const newest = newestSnapshot(run);
  if (!newest) return;
  const place = { run: id, step: newest.step };
  const [batch, origin, catalogue] = await Promise.all([
    client.fetchQuery(batchQuery(newest.batch_id)),
    client.fetchQuery(snapshotQuery(place)),
    client.fetchQuery(catalogueQuery),
  ]);
  const configs = trainedConfigs(origin.configs, batch, catalogue);
  setFollowing(run, true);
  openSnapshot(batch.id, place, configs);
}
