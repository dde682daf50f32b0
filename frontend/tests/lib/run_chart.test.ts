import { describe, expect, it } from "vitest";
import { curveOf, marksOf, placeOf } from "../../src/lib/run_chart";
import { snapshotInfo } from "../catalogue";

const logged = (values: readonly (number | "NaN" | "Infinity" | "-Infinity" | null)[]) =>
  values.map((x, i) => snapshotInfo({ step: 10 * i, metrics: x === null ? {} : { x } }));

describe("a series over the steps", () => {
  it("places steps by their number, not by their count", () => {
    const steps = [100, 110, 200].map((step) => snapshotInfo({ step }));
    expect([100, 110, 200, 300].map((step) => placeOf(steps, step))).toEqual([0, 0.1, 1, 1]);
    expect(placeOf([snapshotInfo({ step: 5 })], 5)).toBe(0);
  });

  it("runs from the greatest at the top to the least at the bottom", () => {
    const curve = curveOf(logged([3, 1, 2]), "metric.x");
    expect(curve.line).toBe("M0 0L0.5 1L1 0.5");
    expect(curve.range).toEqual([1, 3]);
    expect(curve.strays).toEqual([]);
  });

  it("shows what is not finite at the edge that it left by, and breaks the line there", () => {
    const curve = curveOf(logged([1, "NaN", 2, "-Infinity", "Infinity", 0]), "metric.x");
    expect(curve.line).toBe("M0 0.5M0.4 0M1 1");
    expect(curve.strays).toEqual([
      { step: 10, value: "NaN", edge: "top" },
      { step: 30, value: "-Infinity", edge: "bottom" },
      { step: 40, value: "Infinity", edge: "top" },
    ]);
  });

  it("goes over what was not logged, and has no range without a finite number", () => {
    expect(curveOf(logged([1, null, 2]), "metric.x").line).toBe("M0 1L1 0");
    expect(curveOf(logged(["NaN", null]), "metric.x")).toMatchObject({ line: "", range: null });
    expect(curveOf(logged([4, 4]), "metric.x")).toMatchObject({ line: "M0 0.5L1 0.5", range: [4, 4] });
  });
});

describe("marks", () => {
  const found = (step: number, error: number, warning: number, pinned = false) =>
    snapshotInfo({ step, state: "examined", findings: { error, warning, info: 0 }, pinned });

  it("are one per snapshot where there is room", () => {
    const marks = marksOf([found(0, 0, 0), found(50, 0, 2), found(100, 1, 2)], 11);
    expect(marks.map(({ verdict }) => verdict)).toEqual(["clean", "warning", "error"]);
  });

  it("stand for their neighbours by the most serious of them, starred if one is starred", () => {
    const marks = marksOf([found(0, 0, 0), found(1, 3, 0), found(2, 0, 1, true), found(100, 0, 0)], 11);
    expect(marks.map(({ snapshot, verdict, starred }) => [snapshot.step, verdict, starred])).toEqual([
      [1, "error", true],
      [100, "clean", false],
    ]);
  });
});
