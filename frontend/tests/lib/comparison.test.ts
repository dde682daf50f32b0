import { expect, it } from "vitest";
import { columnsOf } from "../../src/lib/comparison";
import type { LossResult } from "../../src/lib/types";

const result = (
  loss: LossResult["loss"],
  metrics: LossResult["metrics"],
  own: Partial<LossResult> = {},
): LossResult => ({
  loss,
  weight: 1,
  weighted: loss,
  share: 1,
  metrics,
  health: [],
  gradient_norm: null,
  slice: null,
  off: [],
  note: "",
  estimated: false,
  error: null,
  ...own,
});

it("is one column when nothing stands beside it", () => {
  expect(columnsOf(result(2, { m: 3 }), null)).toEqual([{ name: "live", numbers: { loss: 2, m: 3 } }]);
});

it("has the slice's own loss and metrics, and nothing for those that a slice does not have", () => {
  const slice = { label: "terminal", count: 2, of: 9, loss: 5, share: 0.5, metrics: {} };
  expect(columnsOf(result(2, { m: 3 }, { slice }), null)[1]).toEqual({ name: "slice", numbers: { loss: 5 } });
});

it("subtracts what is pinned from what is live, number by number, and hides nothing", () => {
  const live = result(2, { m: "Infinity", only: 1 }, { gradient_norm: 4 });
  const columns = columnsOf(live, result(0.5, { m: "Infinity" }, { gradient_norm: 1 }));
  expect(columns.at(-1)).toEqual({ name: "difference", numbers: { loss: 1.5, gradient_norm: 3, m: "NaN" } });
});
