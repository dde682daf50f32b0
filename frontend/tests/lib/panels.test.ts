import { expect, it } from "vitest";
import { HOME } from "../../src/lib/link";
import { commonReason, needsSelection, panelOf, panelsOf } from "../../src/lib/panels";
import type { FigureResult } from "../../src/lib/types";
import { figureInfo, lossInfo } from "../catalogue";

const SV = lossInfo({
  panels: [
    { name: "term", title: "Term" },
    { name: "changes", title: "Changes" },
    { name: "origin", title: "Where it comes from" },
    { name: "sequence", title: "Sequence" },
  ],
  figures: [
    figureInfo("map", "term", "term"),
    figureInfo("sequence", "sequence", "row"),
    figureInfo("worst", "origin", "loss"),
    figureInfo("changed", "changes", "both"),
    figureInfo("share_curve", "origin", "loss"),
  ],
});
const PINNED = { ...HOME, pinned: { batch: "b", snapshot: null, configs: {} } };

it("groups figures by panel in the order of the server, those of a term apart", () => {
  expect(panelsOf(SV, false).map(({ name, figures }) => [name, figures.map(({ kind }) => kind)])).toEqual([
    ["origin", ["worst", "share_curve"]],
    ["sequence", ["sequence"]],
  ]);
});

it("shows what compares only while something is pinned", () => {
  expect(panelsOf(SV, true).map(({ name }) => name)).toEqual(["changes", "origin", "sequence"]);
  expect(panelOf({ ...HOME, panel: "changes" }, SV)?.name).toBe("origin");
  expect(panelOf({ ...PINNED, panel: "changes" }, SV)?.name).toBe("changes");
});

it("opens the panel of the link where the loss has it, else the first", () => {
  expect(panelOf({ ...HOME, panel: "sequence" }, SV)?.name).toBe("sequence");
  expect(panelOf({ ...HOME, panel: "transition" }, SV)?.name).toBe("origin");
  expect(panelOf(HOME, lossInfo({}))).toBeUndefined();
});

it("knows which figures are of the selection", () => {
  expect(SV.figures.filter(needsSelection).map(({ kind }) => kind)).toEqual(["sequence"]);
});

it("says once what keeps every figure of a panel from being drawn", () => {
  const [origin] = panelsOf(SV, false);
  if (!origin) throw new Error("the loss has that panel");
  const off = (kind: string, note: string): FigureResult => ({
    kind: kind as FigureResult["kind"],
    loss: "sv",
    term: "loss",
    rows: [0, 1],
    steps: [0, 1],
    side: "live",
    cell: null,
    note,
    figure: null,
    table: null,
  });
  const [worst, curve] = [off("worst", "off"), off("share_curve", "off")];
  expect(commonReason(origin.figures, [worst, curve])).toBe("off");
  expect(commonReason(origin.figures, [worst, off("share_curve", "no share")])).toBeNull();
  expect(commonReason(origin.figures, [worst])).toBeNull();
  expect(commonReason(origin.figures, [worst, { ...curve, figure: { data: [], layout: {} } }])).toBeNull();
});
