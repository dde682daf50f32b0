import { expect, it } from "vitest";
import { matching } from "../../src/lib/matching";
import type { BatchSummary } from "../../src/lib/types";

const batch = (id: string, name: string): BatchSummary => ({
  id,
  name,
  size: 1,
  created: "",
  B: 1,
  S: 2,
  transitions: false,
});
const LIST = [batch("ab12", "run-3 step 500.npz"), batch("cd34", "Run-4 step 900.npz")];
const found = (wanted: string) => matching(LIST, wanted).map(({ id }) => id);

it("finds by words of the name in any order and case, and by how the id begins", () => {
  expect(found("")).toEqual(["ab12", "cd34"]);
  expect(found("RUN")).toEqual(["ab12", "cd34"]);
  expect(found("900 run")).toEqual(["cd34"]);
  expect(found("ab1")).toEqual(["ab12"]);
  expect(found("b12")).toEqual([]);
  expect(found("ab run")).toEqual([]);
});
