import { describe, expect, it } from "vitest";
import {
  ago,
  applyEventToList,
  applyEventToRun,
  isLive,
  nearest,
  newestSnapshot,
  snapshotAtOffset,
} from "../../src/lib/runs";
import type { RunsEvent } from "../../src/lib/types";
import { runInfo, runSummary, snapshotInfo } from "../catalogue";

const STEPS = [0, 10, 40].map((step) => snapshotInfo({ step }));
const stepOf = (snapshot: { step: number } | null) => snapshot?.step ?? null;

describe("going through a run", () => {
  it("goes to the neighbour, and no further than the ends", () => {
    expect(stepOf(snapshotAtOffset(STEPS, 10, 1))).toBe(40);
    expect(stepOf(snapshotAtOffset(STEPS, 10, -1))).toBe(0);
    expect(stepOf(snapshotAtOffset(STEPS, 40, 1))).toBe(40);
    expect(stepOf(snapshotAtOffset(STEPS, 0, -1))).toBe(0);
    expect(stepOf(snapshotAtOffset(STEPS, 0, Number.POSITIVE_INFINITY))).toBe(40);
    expect(stepOf(snapshotAtOffset(STEPS, 40, Number.NEGATIVE_INFINITY))).toBe(0);
    expect(snapshotAtOffset([], 0, 1)).toBeNull();
  });

  it("goes on from a step that is gone to those around it", () => {
    expect(stepOf(snapshotAtOffset(STEPS, 20, 1))).toBe(40);
    expect(stepOf(snapshotAtOffset(STEPS, 20, -1))).toBe(10);
    expect(stepOf(snapshotAtOffset(STEPS, 50, -1))).toBe(40);
    expect(stepOf(snapshotAtOffset(STEPS, 50, 1))).toBe(40);
  });

  it("finds what is nearest and what is newest", () => {
    expect(stepOf(nearest(STEPS, 24))).toBe(10);
    expect(stepOf(nearest(STEPS, 26))).toBe(40);
    expect(nearest([], 1)).toBeNull();
    expect(stepOf(newestSnapshot({ timeline: STEPS }))).toBe(40);
    expect(newestSnapshot({ timeline: [] })).toBeNull();
  });
});

describe("what happens to a run", () => {
  const run = runInfo({ id: "a", timeline: STEPS, metric_names: ["b"] });
  const stored = (step: number, own = {}): RunsEvent => ({
    event: "snapshot",
    what: "stored",
    run: runSummary({ id: "a", snapshots: 4, updated: "2026-03-01T00:00:00Z" }),
    snapshot: snapshotInfo({ step, ...own }),
  });

  it("adds a snapshot at its step, with its metrics", () => {
    const next = applyEventToRun(run, stored(20, { metrics: { a: 1 } }));
    expect(next?.timeline.map(({ step }) => step)).toEqual([0, 10, 20, 40]);
    expect(next?.snapshots).toBe(4);
    expect(next?.metric_names).toEqual(["a", "b"]);
  });

  it("replaces a snapshot that is told of again, and takes out a deleted one", () => {
    const examined = { ...stored(10, { state: "examined", total: 2 }), what: "examined" } as RunsEvent;
    expect(applyEventToRun(run, examined)?.timeline[1]).toMatchObject({ step: 10, total: 2 });
    const deleted = { ...stored(10), what: "deleted" } as RunsEvent;
    expect(applyEventToRun(run, deleted)?.timeline.map(({ step }) => step)).toEqual([0, 40]);
  });

  it("is nothing to other runs", () => {
    expect(applyEventToRun({ ...run, id: "other" }, stored(20))?.timeline).toHaveLength(3);
    expect(applyEventToRun(run, { event: "reload" })).toBe(run);
  });

  it("keeps the list by the latest update, without deleted runs", () => {
    const list = [runSummary({ id: "b", updated: "2026-02-01T00:00:00Z" }), runSummary({ id: "a" })];
    expect(applyEventToList(list, stored(20)).map(({ id }) => id)).toEqual(["a", "b"]);
    expect(applyEventToList([], stored(20)).map(({ id }) => id)).toEqual(["a"]);
    const gone: RunsEvent = { event: "run", what: "deleted", run: runSummary({ id: "b" }) };
    expect(applyEventToList(list, gone).map(({ id }) => id)).toEqual(["a"]);
  });
});

it("says how long ago, in the largest unit, and what is live", () => {
  const at = Date.parse("2026-01-02T00:00:00Z");
  const seconds = (n: number) => new Date(at - n * 1000).toISOString();
  expect([0, 59, 60, 3599, 7200, 200_000].map((n) => ago(seconds(n), at))).toEqual([
    "0 s ago",
    "59 s ago",
    "1 min ago",
    "59 min ago",
    "2 h ago",
    "2 d ago",
  ]);
  expect(ago(seconds(-5), at)).toBe("0 s ago");
  expect(isLive({ updated: seconds(29) }, at)).toBe(true);
  expect(isLive({ updated: seconds(31) }, at)).toBe(false);
});
