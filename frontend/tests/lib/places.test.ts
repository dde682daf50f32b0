import { expect, it } from "vitest";
import { areaAt, containsPlace, placeLabel, placeOf, sliceAt } from "../../src/lib/places";

it("reads the place of a point from a list or a typed array", () => {
  expect(placeOf([3, 14, "action 1", 99])).toEqual([3, 14]);
  expect(placeOf(Int32Array.of(0, 0))).toEqual([0, 0]);
});

it("finds none where a point stands for no transition", () => {
  for (const other of [undefined, null, [], [1], [1.5, 2], ["a", "b"]]) expect(placeOf(other)).toBeNull();
});

it("knows whether an area holds a place", () => {
  expect(containsPlace(areaAt([3, 4]), [3, 4])).toBe(true);
  expect(containsPlace(areaAt([3, 4]), [3, 5])).toBe(false);
  expect(containsPlace({ rows: [0, 4], steps: [0, 4] }, [4, 0])).toBe(false);
  expect(containsPlace(null, [0, 0])).toBe(false);
});

it("reads the slice that a bar stands for, and none from a place", () => {
  expect(sliceAt(["done:2", "truncated", 12])).toEqual({ by: "done", value: 2 });
  for (const other of [undefined, [3, 14], ["done", 1], ["done:x"], "done:2"]) expect(sliceAt(other)).toBeNull();
});

it("calls a place by the columns that tell where it is", () => {
  const columns = (...names: string[]) => names.map((name) => ({ name, doc: "" }));
  expect(placeLabel(columns("sequence", "transition", "loss"), [3, 14])).toBe("sequence 3, transition 14");
  expect(placeLabel(columns("item", "loss"), [3, 0])).toBe("item 3");
});
