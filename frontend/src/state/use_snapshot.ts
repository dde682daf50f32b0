import { useQuery } from "@tanstack/react-query";
import type { Link, SnapshotPlace } from "../lib/link";
import type { BatchInfo, RunInfo } from "../lib/types";
import { useLink } from "./page";
import { runQuery } from "./run_queries";

/** Which snapshot a batch is shown as: the link's, else the newest one with these bytes; null for a file of its own. */
export function placeOfBatch({ snapshot }: Pick<Link, "snapshot">, batch: BatchInfo): SnapshotPlace | null {
  if (snapshot) return snapshot;
  return batch.snapshot && { run: batch.snapshot.run_id, step: batch.snapshot.step };
}

/** The run that the batch on screen belongs to and its step there; null while it is read, and without one. */
export function useSnapshot(batch: BatchInfo): { run: RunInfo; place: SnapshotPlace } | null {
  const snapshot = useLink((link) => link.snapshot);
  const named = placeOfBatch({ snapshot }, batch);
  const own = placeOfBatch({ snapshot: null }, batch);
  const { data: run } = useQuery(runQuery(named?.run ?? null));
  const there = run?.timeline.find(({ step }) => step === named?.step);
  const place = there && there.batch_id !== batch.id ? own : named;
  return place && run?.id === place.run ? { run, place } : null;
}
