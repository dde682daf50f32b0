import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import type { SnapshotPlace } from "../lib/link";
import { nearest } from "../lib/runs";
import type { RunInfo, RunSummary } from "../lib/types";
import { openBatch } from "./actions/navigation";
import { currentLink } from "./page";
import { deleteRun, deleteSnapshot, listRuns, pinSnapshot, showSnapshot } from "./server";
import { goToSnapshot } from "./snapshot_navigation";
import { readWholeRun } from "./whole_run";

/** Read once; the events that the server sends keep it current. */
const UPDATED_BY_EVENTS = { staleTime: Number.POSITIVE_INFINITY } as const;

export const runsQuery = queryOptions({
  ...UPDATED_BY_EVENTS,
  queryKey: ["runs"],
  queryFn: async ({ signal }) => (await listRuns({ signal })).runs as readonly RunSummary[],
});

export function runQuery(id: string | null) {
  return queryOptions({
    ...UPDATED_BY_EVENTS,
    queryKey: ["run", id],
    queryFn: ({ signal }) => readWholeRun(id ?? "", signal),
    enabled: id !== null,
  });
}

/** What training said of a snapshot. */
export function snapshotQuery(place: SnapshotPlace | null) {
  return queryOptions({
    ...UPDATED_BY_EVENTS,
    queryKey: ["snapshot", place?.run, place?.step],
    queryFn: ({ signal }) => showSnapshot({ path: { run_id: place?.run ?? "", step: place?.step ?? 0 }, signal }),
    enabled: place !== null,
  });
}

/** Deletes a run; when it is on screen, the page goes on to the newest batch of the list. */
export function useDeleteRun() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => deleteRun({ path: { run_id: id } }),
    onMutate: (id) => ({ run: client.getQueryData(runQuery(id).queryKey) }),
    onSuccess: (_, id, { run }) => {
      const { batch } = currentLink();
      if (run?.timeline.some(({ batch_id }) => batch_id === batch)) openBatch(null);
      void client.invalidateQueries({ queryKey: ["runs"] });
      client.removeQueries({ queryKey: ["run", id] });
    },
  });
}

/** Protects a snapshot from retention, or takes that back; an event confirms it. */
export function useStarSnapshot(run: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ step, starred }: { step: number; starred: boolean }) =>
      pinSnapshot({ path: { run_id: run, step }, body: { pinned: starred } }),
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
      if (next) await goToSnapshot(client, { run: run.id, ...next });
      else openBatch(null);
      await client.invalidateQueries({ queryKey: ["run", run.id] });
    },
  });
}
