import type { RunInfo, SnapshotInfo } from "../lib/types";
import { showRun } from "./server";

/** Snapshots per request: a long run takes several, each quick. */
const PAGE = 1000;

/** A run with all its snapshots. */
export async function readWholeRun(id: string, signal?: AbortSignal): Promise<RunInfo> {
  const timeline: SnapshotInfo[] = [];
  for (let after: number | undefined; ; ) {
    const run = await showRun({ path: { run_id: id }, query: { after, limit: PAGE }, signal });
    timeline.push(...run.timeline);
    if (run.next_after === null) return { ...run, timeline };
    after = run.next_after;
  }
}
