import type { RunInfo, RunSummary, RunsEvent, SnapshotInfo } from "./types";

/** The snapshot of the last step; null when a run has none. */
export function newestSnapshot({ timeline }: Pick<RunInfo, "timeline">): SnapshotInfo | null {
  return timeline[timeline.length - 1] ?? null;
}

/** The snapshot whose step is nearest; null when there is none. */
export function nearest(timeline: readonly SnapshotInfo[], step: number): SnapshotInfo | null {
  const distance = (snapshot: SnapshotInfo) => Math.abs(snapshot.step - step);
  return timeline.reduce<SnapshotInfo | null>(
    (best, each) => (best && distance(best) <= distance(each) ? best : each),
    null,
  );
}

/** The snapshot at an offset, clamped to the first and last; also works from a deleted step. */
export function snapshotAtOffset(timeline: readonly SnapshotInfo[], step: number, by: number): SnapshotInfo | null {
  const later = timeline.findIndex((each) => (by > 0 ? each.step > step : each.step >= step));
  const start = by > 0 ? later - 1 : later;
  const from = later < 0 ? timeline.length - (by > 0 ? 1 : 0) : start;
  return timeline[Math.min(timeline.length - 1, Math.max(0, from + by))] ?? null;
}

/** Applies an event to the list of runs: the latest updated first. */
export function applyEventToList(list: readonly RunSummary[], event: RunsEvent): readonly RunSummary[] {
  if (event.event === "reload") return list;
  const others = list.filter(({ id }) => id !== event.run.id);
  if (event.event === "run" && event.what === "deleted") return others;
  return [event.run, ...others].sort((a, b) => b.updated.localeCompare(a.updated));
}

/** Applies an event to a run; null if it was deleted. */
export function applyEventToRun(run: RunInfo, event: RunsEvent): RunInfo | null {
  if (event.event === "reload" || event.run.id !== run.id) return run;
  if (event.event === "run") return event.what === "deleted" ? null : { ...run, ...event.run };
  const { snapshot, what } = event;
  const others = run.timeline.filter(({ step }) => step !== snapshot.step);
  const timeline = what === "deleted" ? others : [...others, snapshot].sort((a, b) => a.step - b.step);
  const names = new Set([...run.metric_names, ...Object.keys(snapshot.metrics)]);
  const changes = event.changes ?? run.changes;
  return { ...run, ...event.run, metric_names: [...names].sort(), changes, timeline };
}

/** Seconds without events after which a run is no longer live. */
const LIVE = 30;

/** Whether a run changed in the last seconds. */
export function isLive({ updated }: Pick<RunSummary, "updated">, now: number): boolean {
  return (now - Date.parse(updated)) / 1000 < LIVE;
}

const UNITS: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
];

/** How long ago a moment was, in its largest unit: "3 min ago". */
export function ago(iso: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(iso)) / 1000));
  const [size, name] = UNITS.find(([size]) => seconds >= size) ?? [1, "s"];
  return `${Math.floor(seconds / size)} ${name} ago`;
}
