import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import type { SnapshotPlace } from "../lib/link";
import { nearest } from "../lib/runs";
import type { RunInfo, RunSummary } from "../lib/types";
import { openBatch } from "./open_batch";
import { deleteRun, deleteSnapshot, listRuns, pinSnapshot, showSnapshot as readSnapshot } from "./server";
import { showSnapshot } from "./travel";
import { linkStore } from "./use_link";
import { readWholeRun } from "./whole_run";

/** What is read once is kept current by the events that the server sends. */
const TOLD = { staleTime: Number.POSITIVE_INFINITY } as const;

export const runsQuery = queryOptions({
  ...TOLD,
  queryKey: ["runs"],
  queryFn: async ({ signal }) => (await listRuns({ signal })).runs as readonly RunSummary[],
});

export function runQuery(id: string | null) {
  return queryOptions({
    ...TOLD,
    queryKey: ["run", id],
    queryFn: ({ signal }) => readWholeRun(id ?? "", signal),
    enabled: id !== null,
  });
}

/** What training said of a snapshot. */
export function snapshotQuery(place: SnapshotPlace | null) {
  return queryOptions({
    ...TOLD,
    queryKey: ["snapshot", place?.run, place?.step],
    queryFn: ({ signal }) => readSnapshot({ path: { run_id: place?.run ?? "", step: place?.step ?? 0 }, signal }),
    enabled: place !== null,
  });
}

/** Deletes a run; when it is on screen, the page goes on to the newest batch of the list. */
export function useDeleteRun() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => deleteRun({ path: { run_id: id } }),
    onMutate: (id) => ({ shown: client.getQueryData(runQuery(id).queryKey) }),
    onSuccess: (_, id, { shown }) => {
      const { batch } = linkStore.get();
      if (shown?.timeline.some(({ batch_id }) => batch_id === batch)) openBatch(null);
      void client.invalidateQueries({ queryKey: ["runs"] });
      client.removeQueries({ queryKey: ["run", id] });
    },
  });
}

/** Has a snapshot stay when others make room, or takes that back; the news of it come as an event. */
export function useKeepSnapshot(run: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ step, pinned }: { step: number; pinned: boolean }) =>
      pinSnapshot({ path: { run_id: run, step }, body: { pinned } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["run", run] }),
  });
}

/** Deletes the snapshot on screen, and goes on to its neighbour. */
export function useDeleteSnapshot(run: RunInfo) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (step: number) => deleteSnapshot({ path: { run_id: run.id, step } }),
    onSuccess: async (_, step) => {
      const next = nearest(
        run.timeline.filter((each) => each.step !== step),
        step,
      );
      if (next) await showSnapshot(client, { run: run.id, ...next });
      else openBatch(null);
      await client.invalidateQueries({ queryKey: ["run", run.id] });
    },
  });
}
