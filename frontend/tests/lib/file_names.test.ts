import { describe, expect, it } from "vitest";
import { figureFile, figureTitle, stem } from "../../src/lib/file_names";
import type { FigureResult, LossInfo } from "../../src/lib/types";

const catalogue = [
  {
    name: "dqn",
    figures: [
      { kind: "map", title: "Map", need: "term" },
      { kind: "worst", title: "Worst transitions", need: "loss" },
    ],
  },
] as unknown as LossInfo[];

function result(kind: string, loss = "dqn"): FigureResult {
  return { kind, loss, term: "td_error" } as FigureResult;
}

it("takes the ending off a batch's name", () => {
  expect([stem("a.safetensors"), stem("b.npz"), stem("c.npz.safetensors"), stem("lr 0.5")]).toEqual([
    "a",
    "b",
    "c.npz",
    "lr 0.5",
  ]);
});

describe("figureTitle", () => {
  it("names the term of a figure of one", () => expect(figureTitle(result("map"), catalogue)).toBe("Map of td_error"));
  it("is the figure's own otherwise", () => expect(figureTitle(result("worst"), catalogue)).toBe("Worst transitions"));
  it("does without a loss", () =>
    expect(figureTitle(result("histogram", "data"), catalogue)).toBe("Histogram of td_error"));
});

it("makes a file name of one word", () => {
  expect(figureFile("my batch.safetensors", "dqn", "Map of q[action 2]")).toBe("my-batch-dqn-Map-of-q-action-2");
});
