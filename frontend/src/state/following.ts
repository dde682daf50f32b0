import { useSyncExternalStore } from "react";
import { newestOf } from "../lib/runs";
import type { RunInfo } from "../lib/types";

/** Whether the page goes along with a run, and what there was to see when that was decided. */
export interface Following {
  readonly run: string;
  readonly on: boolean;
  /** The newest step then. */
  readonly seen: number;
}

let now: Following | null = null;
const listeners = new Set<() => void>();

/** Goes along with every new snapshot of a run, or stays where it is. */
export function follow(run: RunInfo, on: boolean): void {
  if (now?.run === run.id && now.on === on) return;
  now = { run: run.id, on, seen: newestOf(run)?.step ?? -1 };
  for (const listener of listeners) listener();
}

/** What was decided for a run; null when nothing was. */
export function useFollowing(run: string): Following | null {
  return useSyncExternalStore(subscribe, () => (now?.run === run ? now : null));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
