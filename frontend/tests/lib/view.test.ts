import { describe, expect, it } from "vitest";
import { HOME, type Link } from "../../src/lib/link";
import { componentsOf, groupsOf } from "../../src/lib/terms";
import type { BatchInfo, LossInfo, TermInfo } from "../../src/lib/types";
import { evaluateRequest, missing, transitionRequest, viewOf, wholeOf } from "../../src/lib/view";

const term = (name: string, ...dims: string[]): TermInfo => ({ name, dims, formula: "", doc: "", signed: true });

const loss = (name: string, ...terms: TermInfo[]): LossInfo => ({
  name,
  title: name,
  doc: "",
  config_schema: {},
  needs: { step_stream: ["action"], out: [name] },
  terms,
  figures: [
    { kind: "map", need: "term", title: "Map", doc: "" },
    { kind: "histogram", need: "term", title: "Histogram", doc: "" },
    { kind: "worst", need: "loss", title: "Worst", doc: "" },
    { kind: "sequence", need: "row", title: "Sequence", doc: "" },
  ],
});

const DQN = loss("dqn", term("q", "batch", "time", "action"), term("loss", "batch", "time"));
const VEC = loss("vec_dqn", term("v_taken", "batch", "time", "dim"), term("loss", "batch", "time"));
const SP = loss("sp", term("loss", "batch", "step"));

const field = (name: string, shape: number[]) =>
  ({ name, group: "out", dtype: "float32", shape, nan: 0, pos_inf: 0, neg_inf: 0 }) as const;

const BATCH: BatchInfo = {
  id: "id",
  name: "b",
  size: 1,
  created: "",
  B: 4,
  S: 9,
  fields: [field("dqn", [4, 9, 6]), field("vec_dqn", [4, 9, 6, 2])],
  losses: [
    { name: "sp", runs: false, missing: ["q_star"] },
    { name: "dqn", runs: true, missing: [] },
    { name: "vec_dqn", runs: true, missing: [] },
  ],
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
    expect(missing(BATCH, "sp")).toEqual(["q_star"]);
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
    expect(kinds({ panel: "row" })).toEqual([]);
    expect(kinds({ panel: "transition" })).toMatchObject([{ kind: "worst" }]);
    const selected = { rows: [1, 2], steps: [3, 5] } as const;
    expect(kinds({ panel: "row", selected })).toMatchObject([
      { kind: "sequence", term: "q", component: 2, rows: [1, 2], steps: [3, 5] },
    ]);
    expect(kinds({ panel: "loss", selected })).toEqual([
      { kind: "worst", loss: "dqn", term: "loss", component: 0, pool: "mean" },
    ]);
  });

  it("keep the zoom within the term: transitions are one fewer than steps", () => {
    expect(wholeOf(view).steps).toEqual([0, 8]);
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
      configs: { dqn: { gamma: 2 } },
      loss: "dqn",
      term: "q",
      component: 2,
      rows: [1, 2],
      steps: [3, 4],
    });
    expect(transitionRequest(link, view, shown)).toBeNull();
    expect(transitionRequest({ ...link, selected: { rows: [1, 2], steps: [8, 9] } }, view, shown)).toBeNull();
  });
});

it("groups terms by their third dimension and counts its components in the batch", () => {
  expect(groupsOf(DQN).map(({ title }) => title)).toEqual(["per action", "per transition"]);
  expect(componentsOf(term("q", "batch", "time", "action"), DQN, BATCH)).toBe(6);
  expect(componentsOf(term("v_taken", "batch", "time", "dim"), VEC, BATCH)).toBe(2);
  expect(componentsOf(term("loss", "batch", "time"), DQN, BATCH)).toBe(1);
});
