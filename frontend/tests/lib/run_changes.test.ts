import { describe, expect, it } from "vitest";
import { comparable, newestChanges } from "../../src/lib/run_changes";
import type { RunChange } from "../../src/lib/types";
import { runInfo, snapshotInfo } from "../catalogue";

function change(step: number, previous_step: number | null): RunChange {
  const told = {
    rule: "run-jump",
    severity: "warning",
    subject: "loss.dqn",
    message: "",
    before: 1,
    after: 9,
  } as const;
  return { ...told, step, previous_step, followers: [] };
}

describe("what changed along a run", () => {
  const changes = [change(0, null), change(100, 0), change(200, 100)];
  const run = runInfo({ changes, timeline: [100, 200].map((step) => snapshotInfo({ step })) });

  it("is told where its snapshot is still there, the newest first", () => {
    expect(newestChanges(run).map(({ step }) => step)).toEqual([200, 100]);
  });

  it("is compared where both sides are there", () => {
    expect(comparable(run, change(200, 100))?.before.step).toBe(100);
    expect(comparable(run, change(200, 100))?.after.step).toBe(200);
    expect(comparable(run, change(100, 0))).toBeNull();
    expect(comparable(run, change(100, null))).toBeNull();
  });
});
