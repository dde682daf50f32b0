import { describe, expect, it } from "vitest";
import { fieldRequest, fieldViewOf, raveled, surroundingSteps, unraveled } from "../../src/lib/field_view";
import { HOME } from "../../src/lib/link";
import type { BatchInfo } from "../../src/lib/types";

const counts = { nan: 0, pos_inf: 0, neg_inf: 0 };
const batch = {
  B: 4,
  S: 9,
  fields: [
    { group: "step_stream", name: "action", dtype: "int64", shape: [4, 9], ...counts },
    { group: "step_stream", name: "reward", dtype: "float32", shape: [4, 9], ...counts },
    { group: "out", name: "reward", dtype: "float32", shape: [4, 9, 2, 3], ...counts },
  ],
} as unknown as BatchInfo;

describe("fieldViewOf", () => {
  it("starts with the rewards", () => {
    expect(fieldViewOf(HOME, batch)?.field).toBe(batch.fields[1]);
  });

  it("shows what the link names, group and component included", () => {
    const view = fieldViewOf({ ...HOME, term: "out.reward", component: 4 }, batch);
    expect(view?.field).toBe(batch.fields[2]);
    expect(view?.index).toEqual([1, 1]);
  });

  it("has nothing to show of a batch without fields", () => {
    expect(fieldViewOf(HOME, { ...batch, fields: [] })).toBeNull();
  });
});

describe("index", () => {
  it("goes there and back", () => {
    for (let flat = 0; flat < 24; flat += 1) expect(raveled(unraveled(flat, [2, 3, 4]), [2, 3, 4])).toBe(flat);
  });

  it("ends at the last entry", () => expect(unraveled(99, [2, 3])).toEqual([1, 2]));
  it("is empty for a number per step", () => expect(unraveled(5, [])).toEqual([]));
});

it("asks for the part of the batch that the map shows", () => {
  const view = fieldViewOf(HOME, batch);
  if (!view) throw new Error("no view");
  const zoomed = fieldRequest({ ...HOME, zoom: { rows: [1, 99], steps: [2, 4] } }, view);
  expect(zoomed).toMatchObject({ name: "reward", index: [], rows: [1, 4], steps: [2, 4] });
  expect(fieldRequest(HOME, view)).toMatchObject({ rows: null, steps: null });
});

describe("neighbours", () => {
  it("stays within the sequence", () => {
    expect(surroundingSteps(1, 9, 3)).toEqual([0, 1, 2, 3, 4]);
    expect(surroundingSteps(8, 9, 2)).toEqual([6, 7, 8]);
    expect(surroundingSteps(0, 1, 3)).toEqual([0]);
  });
});
