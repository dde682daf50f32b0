import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
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
