import { expect, it } from "vitest";
import { dtypesOf, invalidShare, linkOf, notFinite, sharesOf } from "../../src/lib/overview";
import type { BatchInfo, FieldInfo, Lead, LossResult, Numbers } from "../../src/lib/types";
import { lossInfo } from "../catalogue";

const catalogue = [lossInfo({ name: "a" }), lossInfo({ name: "b" }), lossInfo({ name: "c" })];

function numbers(shares: Record<string, LossResult["share"]>): Numbers {
  const losses = Object.entries(shares).map(([name, share]) => [name, { share } as LossResult]);
  return { batch_id: "", total: 1, losses: Object.fromEntries(losses) };
}

function field(name: string, own: Partial<FieldInfo> = {}): FieldInfo {
  return { name, group: "step_stream", dtype: "float32", shape: [2, 4], nan: 0, pos_inf: 0, neg_inf: 0, ...own };
}

const batch = (...fields: FieldInfo[]) => ({ fields }) as unknown as BatchInfo;

it("lists the shares of the losses that have one, in the order of the catalogue", () => {
  const shares = sharesOf(catalogue, numbers({ c: 0.75, a: 0.25 }));
  expect(shares?.map(({ loss, share }) => [loss.name, share])).toEqual([
    ["a", 0.25],
    ["c", 0.75],
  ]);
});

it("has no shares where one is not finite or there are none", () => {
  expect(sharesOf(catalogue, numbers({ a: "NaN", b: 0.5 }))).toBeNull();
  expect(sharesOf(catalogue, numbers({ a: null }))).toBeNull();
});

it("leads to a place, and drops a slice that the numbers are not of", () => {
  const lead: Lead = { kind: "farthest_term", measure: "", text: "", loss: "a", term: "td_error", place: [3, 5] };
  expect(linkOf(lead)).toEqual({
    loss: "a",
    term: "td_error",
    component: 0,
    zoom: null,
    slice: null,
    selected: { rows: [3, 4], steps: [5, 6] },
  });
});

it("leads to a slice and its panel, and leaves the selection alone", () => {
  const lead: Lead = { kind: "heaviest_class", measure: "", text: "", loss: "a", panel: "origin", slice: "done:1" };
  const link = linkOf(lead);
  expect(link).toMatchObject({ loss: "a", term: null, panel: "origin", slice: { by: "done", value: 1 } });
  expect("selected" in link).toBe(false);
});

it("counts -inf in q_star as invalid actions, and elsewhere as not finite", () => {
  const ill = batch(field("q_star", { shape: [2, 2, 2], neg_inf: 2 }), field("reward", { nan: 1, neg_inf: 1 }));
  expect(invalidShare(ill)).toBe(0.25);
  expect(notFinite(ill)).toEqual([{ name: "reward", text: "1 NaN, 1 -inf" }]);
  expect(invalidShare(batch(field("reward")))).toBeNull();
});

it("names each type once", () => {
  expect(dtypesOf(batch(field("a"), field("b", { dtype: "int64" }), field("c")))).toEqual(["float32", "int64"]);
});
