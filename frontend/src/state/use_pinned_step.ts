import { useQuery } from "@tanstack/react-query";
import type { Pinned } from "../lib/link";
import { batchQuery } from "./queries";
import { snapshotQuery } from "./run_queries";

/** What is pinned by run and step; null for a batch of no run, and while it is asked for. */
export function usePinnedStep(pinned: Pinned | null): { run: string; step: number } | null {
  const { data: batch } = useQuery(batchQuery(pinned?.batch ?? null));
  const { data: named } = useQuery(snapshotQuery(pinned?.snapshot ?? null));
  const origin = named ?? batch?.snapshot;
  return origin ?? null;
}
