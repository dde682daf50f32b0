import type { RunChange, RunInfo, SnapshotInfo } from "./types";

type Run = Pick<RunInfo, "changes" | "timeline">;

/** What changed at steps that are still there, the newest first. */
export function newestChanges({ changes, timeline }: Run): readonly RunChange[] {
  const steps = new Set(timeline.map(({ step }) => step));
  return changes.filter(({ step }) => steps.has(step)).reverse();
}

/** The snapshots of both sides of a change; null where one of them is gone or never was. */
export function comparable(
  { timeline }: Run,
  { step, previous_step }: RunChange,
): { before: SnapshotInfo; after: SnapshotInfo } | null {
  const before = timeline.find((each) => each.step === previous_step);
  const after = timeline.find((each) => each.step === step);
  return before && after ? { before, after } : null;
}
