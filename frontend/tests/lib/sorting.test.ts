import { expect, it } from "vitest";
import { nextSorting, orderOf } from "../../src/lib/sorting";
import type { FigureTable } from "../../src/lib/types";

const table = (...values: FigureTable["rows"][number]): FigureTable => ({
  columns: [{ name: "loss", doc: "" }],
  places: values.map((_, index) => [index, 0]),
  rows: values.map((value) => [value]),
});

it("keeps the server's order until a heading is clicked", () => {
  expect(orderOf(table(1, 3, 2), null)).toEqual([0, 1, 2]);
});

it("sorts both ways, equals in the order they came", () => {
  const shown = table(1, 3, 2, 3);
  expect(orderOf(shown, { column: 0, descending: true })).toEqual([1, 3, 2, 0]);
  expect(orderOf(shown, { column: 0, descending: false })).toEqual([0, 2, 1, 3]);
});

it("keeps what is not finite on top either way", () => {
  const shown = table(1, "NaN", 2, "-Infinity");
  expect(orderOf(shown, { column: 0, descending: true })).toEqual([1, 3, 2, 0]);
  expect(orderOf(shown, { column: 0, descending: false })).toEqual([1, 3, 0, 2]);
});

it("sorts yes before no", () => {
  expect(orderOf(table(false, true), { column: 0, descending: true })).toEqual([1, 0]);
});

it("goes from largest first over smallest first back to the server's order", () => {
  const first = nextSorting(null, 2);
  expect(first).toEqual({ column: 2, descending: true });
  expect(nextSorting(first, 2)).toEqual({ column: 2, descending: false });
  expect(nextSorting({ column: 2, descending: false }, 2)).toBeNull();
  expect(nextSorting(first, 1)).toEqual({ column: 1, descending: true });
});
