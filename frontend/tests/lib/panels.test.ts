import { expect, it } from "vitest";
import { HOME } from "../../src/lib/link";
import { needsSelection, panelOf, panelsOf } from "../../src/lib/panels";
import type { FigureInfo, LossInfo } from "../../src/lib/types";

const figure = (kind: FigureInfo["kind"], need: FigureInfo["need"]): FigureInfo => ({
  kind,
  need,
  title: kind,
  doc: "",
});

const loss = (...figures: FigureInfo[]): LossInfo => ({
  name: "dqn",
  title: "",
  doc: "",
  config_schema: {},
  needs: { step_stream: [], out: [] },
  terms: [],
  figures,
});

const SV = loss(
  figure("map", "term"),
  figure("sequence", "row"),
  figure("worst", "loss"),
  figure("share_curve", "loss"),
);

it("groups figures by what they are of, those of a term apart", () => {
  expect(panelsOf(SV).map(({ need, figures }) => [need, figures.map(({ kind }) => kind)])).toEqual([
    ["loss", ["worst", "share_curve"]],
    ["row", ["sequence"]],
  ]);
});

it("opens the panel of the link where the loss has it, else the first", () => {
  expect(panelOf({ ...HOME, panel: "row" }, SV)?.need).toBe("row");
  expect(panelOf({ ...HOME, panel: "transition" }, SV)?.need).toBe("loss");
  expect(panelOf(HOME, loss())).toBeUndefined();
});

it("knows which panels are of the selection", () => {
  expect(panelsOf(SV).map(needsSelection)).toEqual([false, true]);
});
