import { newestSnapshot } from "../lib/runs";
import type { RunInfo } from "../lib/types";
import { store, usePage } from "./page";
import type { Following } from "./store";

/** Goes along with every new snapshot of a run, or stays where it is. */
export function setFollowing(run: RunInfo, on: boolean): void {
  const now = store.getState().following;
  if (now?.run === run.id && now.on === on) return;
  store.setState({ following: { run: run.id, on, newestSeen: newestSnapshot(run)?.step ?? -1 } });
}

/** What was decided for a run; null when nothing was. */
export function useFollowing(run: string): Following | null {
  return usePage(({ following }) => (following?.run === run ? following : null));
}
