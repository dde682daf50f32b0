import { count, counted } from "./sizes";
import type { RunInfo, SnapshotInfo, WireNumber } from "./types";
import { escapeInvisible } from "./visible";

/** A number that each snapshot of a run has: `loss` and `loss.dqn` are the library's, `metric.x` was logged. */
export interface Series {
  readonly key: string;
  readonly title: string;
}

/** The series of a run: values computed by the library, and metrics logged by training. */
export function seriesOf({ timeline, metric_names }: Pick<RunInfo, "timeline" | "metric_names">) {
  const losses = [...new Set(timeline.flatMap(({ losses }) => Object.keys(losses ?? {})))];
  const computed: Series[] = [
    { key: "loss", title: "total" },
    ...losses.map((name) => ({ key: `loss.${name}`, title: `${name} loss` })),
  ];
  const logged: Series[] = metric_names.map((name) => ({ key: `metric.${name}`, title: escapeInvisible(name) }));
  return { computed, logged };
}

/** The number of a snapshot; null where it has none. */
export function numberOf(snapshot: SnapshotInfo, key: string): WireNumber | null {
  if (key === "loss") return snapshot.total ?? null;
  if (key.startsWith("loss.")) return snapshot.losses?.[key.slice("loss.".length)]?.loss ?? null;
  return snapshot.metrics[key.slice("metric.".length)] ?? null;
}

/** The severity of the doctor's findings, or why it is unknown. */
export type SnapshotStatus = "error" | "warning" | "clean" | "pending" | "failed";

export function statusOf({ state, findings }: SnapshotInfo): SnapshotStatus {
  if (state !== "examined" || !findings) return state === "pending" ? "pending" : "failed";
  return findings.error > 0 ? "error" : findings.warning > 0 ? "warning" : "clean";
}

/** Text of the doctor's findings. */
export function statusText(snapshot: SnapshotInfo): string {
  const { findings } = snapshot;
  const verdict = statusOf(snapshot);
  if (verdict === "pending") return "not yet examined";
  if (verdict === "failed") return snapshot.failure ?? "could not be examined";
  if (verdict === "clean" || !findings) return "no errors or warnings";
  const kinds = [
    findings.error && counted(findings.error, "error"),
    findings.warning && counted(findings.warning, "warning"),
  ];
  return kinds.filter(Boolean).join(", ");
}

/** "64 of 512 sequences". */
export function sequencesText({ kept, of }: { kept: number; of: number }): string {
  return `${count(kept)} of ${counted(of, "sequence")}`;
}
