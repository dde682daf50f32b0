import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { runToWatch } from "../lib/link";
import { trainedConfigs } from "../lib/run_configs";
import { newestOf } from "../lib/runs";
import { follow } from "./following";
import { batchQuery, catalogueQuery } from "./queries";
import { runQuery, snapshotQuery } from "./run_queries";
import { linkStore } from "./use_link";

/** Shows the newest snapshot of a run under the configs that it was trained with, and follows it from there. */
export function useOpenRun() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (id: string) => openRun(client, id) });
}

/** As the page was opened: what is on screen writes its own address. */
const toWatch = runToWatch(window.location.search);
let opened = false;

/** Opens the run that the address names alone, without a step; says whether it is on the way. */
export function useRunToWatch(): boolean {
  const { mutate, isIdle, isPending } = useOpenRun();
  useEffect(() => {
    if (toWatch === null || opened) return;
    opened = true;
    mutate(toWatch);
  }, [mutate]);
  return toWatch !== null && (isPending || (isIdle && !opened));
}

async function openRun(client: QueryClient, id: string): Promise<void> {
  const run = await client.fetchQuery(runQuery(id));
  const newest = newestOf(run);
  if (!newest) return;
  const place = { run: id, step: newest.step };
  const [batch, told, catalogue] = await Promise.all([
    client.fetchQuery(batchQuery(newest.batch_id)),
    client.fetchQuery(snapshotQuery(place)),
    client.fetchQuery(catalogueQuery),
  ]);
  const configs = trainedConfigs(told.configs, batch, catalogue);
  follow(run, true);
  linkStore.update({ batch: batch.id, snapshot: place, zoom: null, selected: null, slice: null, configs });
}
