import { describe, expect, it } from "vitest";
import { HOME } from "../../src/lib/link";
import { pickedTransition, sameArea, selectionProblem } from "../../src/lib/selection";
import type { BatchInfo, Range, Transition } from "../../src/lib/types";
import type { View } from "../../src/lib/view";
import { lossInfo, termInfo } from "../catalogue";

function view(dim: "time" | "step"): View {
  const term = termInfo("loss", "batch", dim);
  const loss = lossInfo({ terms: [term] });
  return { batch: { B: 4, S: 9 } as BatchInfo, loss, term };
}
const at = (rows: Range, steps: Range) => ({ ...HOME, selected: { rows, steps } });

describe("outside", () => {
  it("says that the last step starts no transition, where terms are about transitions", () => {
    expect(selectionProblem(at([3, 4], [8, 9]), view("time"))).toBe(
      "No transition starts at the last step. Select another one.",
    );
    expect(selectionProblem(at([3, 4], [8, 9]), view("step"))).toBeNull();
  });

  it("says that a selection misses the batch, in the words of the loss", () => {
    expect(selectionProblem(at([4, 5], [8, 9]), view("time"))).toContain(
      "outside this batch. Select another transition",
    );
    expect(selectionProblem(at([0, 1], [9, 10]), view("step"))).toContain("outside this batch. Select another step");
  });

  it("has nothing to say of what can be shown, or of nothing", () => {
    expect(selectionProblem(at([3, 9], [7, 9]), view("time"))).toBeNull();
    expect(selectionProblem(HOME, view("time"))).toBeNull();
  });
});

describe("pickedFrom", () => {
  const request = { loss: "l", term: "loss", component: 0, configs: {} };
  const answer = (chosen_from: number, value: number | null): Transition => ({
    batch_id: "b",
    loss: "l",
    row: 2,
    step: 5,
    chosen_from,
    note: "",
    terms: [{ name: "loss", formula: "", latex: null, latex_values: null, doc: "", dims: [], value, log_zero: null }],
  });

  it("names the transition, the term it was picked by and out of how many", () => {
    expect(pickedTransition(request, answer(33, 0.5))).toEqual({
      at: { rows: [2, 3], steps: [5, 6] },
      term: "loss",
      of: 33,
    });
  });

  it("claims nothing where there was no choice or nothing to choose by", () => {
    expect(pickedTransition(request, answer(1, 0.5))).toBeNull();
    expect(pickedTransition(request, answer(33, null))).toBeNull();
  });
});

it("areas are the same by their ends", () => {
  expect(sameArea({ rows: [0, 1], steps: [2, 3] }, { steps: [2, 3], rows: [0, 1] })).toBe(true);
  expect(sameArea({ rows: [0, 1], steps: [2, 3] }, { rows: [0, 1], steps: [2, 4] })).toBe(false);
  expect(sameArea(null, { rows: [0, 1], steps: [2, 3] })).toBe(false);
  expect(sameArea(null, null)).toBe(true);
});
