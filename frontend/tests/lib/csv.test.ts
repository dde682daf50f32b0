import { expect, it } from "vitest";
import { csvOf } from "../../src/lib/csv";

it("writes numbers exactly, spells what is not finite, and quotes headings", () => {
  const table = {
    columns: [
      { name: "row", doc: "" },
      { name: 'a "b", c', doc: "" },
      { name: "terminal", doc: "" },
    ],
    places: [],
    rows: [
      [0, 0.30000001192092896, true],
      [1, "NaN" as const, false],
      [2, "-Infinity" as const, false],
    ],
  };
  expect(csvOf(table)).toBe('row,"a ""b"", c",terminal\n0,0.30000001192092896,True\n1,nan,False\n2,-inf,False\n');
});

it.each(["=1+1", "+a", "-a", "@a", "\ta", "\ra"])("leaves no spreadsheet a formula to run: %j", (name) => {
  const table = { columns: [{ name, doc: "" }], places: [], rows: [[-1]] };
  const heading = name === "\ra" ? '"\'\ra"' : `'${name}`;
  expect(csvOf(table)).toBe(`${heading}\n-1\n`);
});
