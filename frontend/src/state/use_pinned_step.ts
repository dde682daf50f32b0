import { useQuery } from "@tanstack/react-query";
import type { Pinned } from "../lib/link";
import { count } from "../lib/sizes";
import { batchQuery } from "./queries";
import { snapshotQuery } from "./run_queries";

/** What is pinned by run and step; null for a batch of no run, and while it is asked for. */
export function usePinnedStep(pinned: Pinned | null): string | null {
  const { data: batch } = useQuery(batchQuery(pinned?.batch ?? null));
  const { data: named } = useQuery(snapshotQuery(pinned?.snapshot ?? null));
  const origin = named ?? batch?.snapshot;
  return origin ? `${origin.run} · step ${count(origin.step)}` : null;
}
