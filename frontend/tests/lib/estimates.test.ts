import { expect, it } from "vitest";
import { isEstimated, keepPreviousFigures } from "../../src/lib/estimates";
import type { Evaluation, FigureResult, LossResult } from "../../src/lib/types";

const figure = (note: string, kind: FigureResult["kind"] = "map"): FigureResult => ({
  kind,
  loss: "sp",
  term: "loss",
  rows: [0, 1],
  steps: [0, 1],
  side: "live",
  cell: null,
  note,
  estimated: false,
  figure: null,
  table: null,
});

const evaluation = (estimated: boolean, ...figures: FigureResult[]): Evaluation => ({
  batch_id: "b",
  total: 1,
  losses: { sp: { estimated } as LossResult },
  pinned: null,
  figures,
});

it("keeps the figures of an estimated loss, each by its kind and term", () => {
  const before = evaluation(false, figure("old map"), figure("old histogram", "histogram"));
  const now = keepPreviousFigures(evaluation(true, figure("none"), figure("none", "worst")), before);
  expect(now.figures.map(({ note }) => note)).toEqual(["old map", "old histogram", "none"]);
  expect(isEstimated(now, "sp")).toBe(true);
});

it("takes the figures that an estimated loss has", () => {
  const before = evaluation(false, figure("old map"), figure("old histogram", "histogram"));
  const drawn = { ...figure("of some sequences"), estimated: true };
  const now = keepPreviousFigures(evaluation(true, drawn, figure("none", "histogram")), before);
  expect(now.figures.map(({ note }) => note)).toEqual(["of some sequences", "old histogram"]);
});

it("keeps the figures that were not asked for again", () => {
  const before = evaluation(false, figure("old map"), figure("old histogram", "histogram"));
  const now = keepPreviousFigures(evaluation(false, figure("new map")), before);
  expect(now.figures.map(({ note }) => note)).toEqual(["new map", "old histogram"]);
});

it("takes the new figures of an exact one, and none of another batch", () => {
  const before = evaluation(false, figure("old"));
  expect(keepPreviousFigures(evaluation(false, figure("new")), before).figures[0]?.note).toBe("new");
  expect(keepPreviousFigures({ ...evaluation(true, figure("none")), batch_id: "c" }, before).figures[0]?.note).toBe(
    "none",
  );
  expect(keepPreviousFigures(evaluation(true), null).figures).toEqual([]);
});
