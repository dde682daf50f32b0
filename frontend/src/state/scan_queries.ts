import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import type { ShardQuery } from "../lib/types";
import { showWindow } from "./actions/scan";
import {
  compareScans,
  listScans,
  listShards,
  openScanWindow,
  showClasses,
  showDistribution,
  showScan,
  showShard,
  showSweep,
} from "./server";

/** A scan that goes on writes its folder anew: what is asked again is read again. */
const OF_A_FOLDER = { staleTime: 30_000, retry: false } as const;

export const scansQuery = queryOptions({
  ...OF_A_FOLDER,
  queryKey: ["scans"],
  queryFn: async ({ signal }) => (await listScans({ signal })).scans,
});

export function scanQuery(id: string) {
  return queryOptions({
    ...OF_A_FOLDER,
    queryKey: ["scan", id],
    queryFn: ({ signal }) => showScan({ path: { scan_id: id }, signal }),
  });
}

export function shardsQuery(id: string, query: ShardQuery) {
  return queryOptions({
    ...OF_A_FOLDER,
    queryKey: ["scan", id, "shards", query],
    queryFn: ({ signal }) => listShards({ path: { scan_id: id }, query, signal }),
    placeholderData: keepPreviousData,
  });
}

export function shardQuery(id: string, rank: number) {
  return queryOptions({
    ...OF_A_FOLDER,
    queryKey: ["scan", id, "shard", rank],
    queryFn: ({ signal }) => showShard({ path: { scan_id: id, rank }, signal }),
    placeholderData: keepPreviousData,
  });
}

export function distributionQuery(id: string, quantity: string, shard: number | null) {
  return queryOptions({
    ...OF_A_FOLDER,
    queryKey: ["scan", id, "distribution", quantity, shard],
    queryFn: ({ signal }) => showDistribution({ path: { scan_id: id }, query: { quantity, ...of(shard) }, signal }),
    placeholderData: keepPreviousData,
  });
}

export function classesQuery(id: string, loss: string, shard: number | null) {
  return queryOptions({
    ...OF_A_FOLDER,
    queryKey: ["scan", id, "classes", loss, shard],
    queryFn: async ({ signal }) =>
      (await showClasses({ path: { scan_id: id }, query: { loss, ...of(shard) }, signal })).classes,
    placeholderData: keepPreviousData,
  });
}

export function sweepQuery(id: string) {
  return queryOptions({
    ...OF_A_FOLDER,
    queryKey: ["scan", id, "sweep"],
    queryFn: async ({ signal }) => (await showSweep({ path: { scan_id: id }, signal })).figures,
  });
}

export function comparisonQuery(id: string, other: string) {
  return queryOptions({
    ...OF_A_FOLDER,
    queryKey: ["scan", id, "comparison", other],
    queryFn: ({ signal }) => compareScans({ path: { scan_id: id, other_id: other }, signal }),
  });
}

/** Opens the window around one of the worst transitions as a batch, and shows the transition in it. */
export function useOpenWindow(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (number: number) => openScanWindow({ path: { scan_id: id }, body: { number } }),
    onSuccess: (opened) => {
      client.setQueryData(["batch", opened.batch.id], opened.batch);
      showWindow(opened);
      void client.invalidateQueries({ queryKey: ["batches"] });
    },
  });
}

function of(shard: number | null): { shard?: number } {
  return shard === null ? {} : { shard };
}
