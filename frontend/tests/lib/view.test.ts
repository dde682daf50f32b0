import { describe, expect, it } from "vitest";
import { HOME, type Link } from "../../src/lib/link";
import { componentsOf, groupsOf } from "../../src/lib/terms";
import type { BatchInfo, LossInfo, TermInfo } from "../../src/lib/types";
import { evaluateRequest, fullArea, missingFields, transitionRequest, viewOf } from "../../src/lib/view";
import { figureInfo, lossInfo, termInfo } from "../catalogue";

const loss = (name: string, ...terms: TermInfo[]): LossInfo =>
  lossInfo({
    name,
    needs: { step_stream: ["action"], out: [name] },
    terms,
    panels: ["term", "changes", "origin", "sequence"].map((panel) => ({ name: panel, title: panel })),
    figures: [
      figureInfo("map", "term", "term"),
      figureInfo("histogram", "term", "term"),
      figureInfo("worst", "origin", "loss"),
      figureInfo("sequence", "sequence", "row"),
      figureInfo("changed", "changes", "both"),
    ],
  });

const DQN = loss("dqn", termInfo("q", "batch", "time", "action"), termInfo("loss", "batch", "time"));
const VEC = loss("vec_dqn", termInfo("v_taken", "batch", "time", "dim"), termInfo("loss", "batch", "time"));
const SP = loss("sp", termInfo("loss", "batch", "step"));

const field = (name: string, shape: number[]) =>
  ({ name, group: "out", dtype: "float32", shape, nan: 0, pos_inf: 0, neg_inf: 0 }) as const;

const BATCH: BatchInfo = {
  id: "id",
  name: "b",
  size: 1,
  created: "",
  B: 4,
  S: 9,
  transitions: false,
  fields: [field("dqn", [4, 9, 6]), field("vec_dqn", [4, 9, 6, 2])],
  losses: [
    { name: "sp", runs: false, missing: ["q_star"] },
    { name: "dqn", runs: true, missing: [] },
    { name: "vec_dqn", runs: true, missing: [] },
  ],
  snapshot: null,
  loss_field: null,
  mapped_from: null,
};
const CATALOGUE = [SP, DQN, VEC];

describe("viewOf", () => {
  it("takes the first loss that runs and its loss term, unless the link says otherwise", () => {
    expect(viewOf(HOME, BATCH, CATALOGUE)).toMatchObject({ loss: { name: "dqn" }, term: { name: "loss" } });
    expect(viewOf({ ...HOME, loss: "vec_dqn", term: "v_taken" }, BATCH, CATALOGUE)).toMatchObject({
      loss: { name: "vec_dqn" },
      term: { name: "v_taken" },
    });
    expect(viewOf({ ...HOME, loss: "nope", term: "nope" }, BATCH, CATALOGUE)?.term.name).toBe("loss");
  });

  it("shows a loss that cannot run when the link names it, with what is missing", () => {
    expect(viewOf({ ...HOME, loss: "sp" }, BATCH, CATALOGUE)?.loss.name).toBe("sp");
    expect(missingFields(BATCH, "sp")).toEqual(["q_star"]);
  });
});

describe("requests", () => {
  const link = { ...HOME, term: "q", component: 2, configs: { dqn: { gamma: 2 }, sp: { temperature: 0 } } };
  const view = viewOf(link, BATCH, CATALOGUE);
  if (!view) throw new Error("no view");

  it("evaluate every loss that runs, values as typed, and draw one term", () => {
    const request = evaluateRequest(link, view);
    expect(request.configs).toEqual({ dqn: { gamma: 2 }, vec_dqn: {} });
    expect(request.figures?.map(({ kind, term, component }) => [kind, term, component])).toEqual([
      ["map", "q", 2],
      ["histogram", "q", 2],
      ["worst", "loss", 0],
    ]);
  });

  it("draw of a sequence or transition only when its panel is open and something is selected", () => {
    const kinds = (change: Partial<Link>) => evaluateRequest({ ...link, ...change }, view).figures?.slice(2);
    expect(kinds({ panel: "sequence" })).toEqual([]);
    expect(kinds({ panel: "transition" })).toMatchObject([{ kind: "worst" }]);
    const selected = { rows: [1, 2], steps: [3, 5] } as const;
    expect(kinds({ panel: "sequence", selected })).toMatchObject([
      { kind: "sequence", term: "q", component: 2, rows: [1, 2], steps: [3, 5] },
    ]);
    expect(kinds({ panel: "origin", selected })).toEqual([
      { kind: "worst", loss: "dqn", term: "loss", component: 0, pool: "mean", colours: "linear", side: "live" },
    ]);
  });

  it("compare with what is pinned: the same losses, its own configs, the side that the map shows", () => {
    expect(evaluateRequest({ ...link, side: "difference" }, view)).toMatchObject({ pinned: null, slice: null });
    const pinned = { batch: "other", snapshot: null, configs: { dqn: { gamma: 0.5 }, sp: { temperature: 2 } } };
    const slice = { by: "done", value: 1 };
    const request = evaluateRequest({ ...link, slice, pinned, side: "difference" }, view);
    expect(request.pinned).toEqual({ batch_id: "other", configs: { dqn: { gamma: 0.5 }, vec_dqn: {} } });
    expect(request.slice).toEqual(slice);
    expect(request.figures?.map(({ kind, side }) => [kind, side])).toEqual([
      ["map", "difference"],
      ["histogram", "difference"],
      ["changed", "live"],
    ]);
  });

  it("keep the zoom within the term: transitions are one fewer than steps", () => {
    expect(fullArea(view).steps).toEqual([0, 8]);
    const zoomed = evaluateRequest({ ...link, zoom: { rows: [1, 99], steps: [2, 9] } }, view);
    expect(zoomed.figures?.[0]).toMatchObject({ rows: [1, 4], steps: [2, 8] });
  });

  it("clip a component that the term does not have", () => {
    expect(evaluateRequest({ ...link, component: 99 }, view).figures?.[0]?.component).toBe(5);
  });

  it("ask for the selected transition under the configs on screen", () => {
    const shown = evaluateRequest(link, view);
    const selected = { rows: [1, 2], steps: [3, 4] } as const;
    expect(transitionRequest({ ...link, selected }, view, shown)).toEqual({
      configs: shown.configs,
      loss: "dqn",
      term: "q",
      component: 2,
      rows: [1, 2],
      steps: [3, 4],
      slice: null,
    });
    expect(transitionRequest(link, view, shown)).toBeNull();
    expect(transitionRequest({ ...link, selected: { rows: [1, 2], steps: [8, 9] } }, view, shown)).toBeNull();
  });
});

it("groups terms by their third dimension and counts its components in the batch", () => {
  expect(groupsOf(DQN).map(({ title }) => title)).toEqual(["per action", "per transition"]);
  expect(componentsOf(termInfo("q", "batch", "time", "action"), DQN, BATCH)).toBe(6);
  expect(componentsOf(termInfo("v_taken", "batch", "time", "dim"), VEC, BATCH)).toBe(2);
  expect(componentsOf(termInfo("loss", "batch", "time"), DQN, BATCH)).toBe(1);
});
