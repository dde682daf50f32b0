import { expect, it } from "vitest";
import { nonFiniteCount, nonFiniteText } from "../../src/lib/health";
import { count, counted, fileSize, formatDateTime } from "../../src/lib/sizes";

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1 kB"],
  [573_440, "573 kB"],
  [999_600, "1 MB"],
  [122_000_000, "122 MB"],
  [2e12, "2 TB"],
])("%d bytes are %s", (bytes, text) => {
  expect(fileSize(bytes)).toBe(text);
});

it("counts in thousands", () => {
  expect(count(1048576)).toBe("1,048,576");
  expect(counted(1, "term")).toBe("1 term");
  expect(counted(0, "term")).toBe("0 terms");
});

it("leaves a moment it cannot read as it is", () => {
  expect(formatDateTime("yesterday")).toBe("yesterday");
});

it("tells kinds of non-finite values apart", () => {
  const field = { nan: 3, pos_inf: 0, neg_inf: 2048 };
  expect(nonFiniteCount(field)).toBe(2051);
  expect(nonFiniteText(field)).toBe("3 NaN, 2,048 -inf");
  expect(nonFiniteText({ nan: 0, pos_inf: 0, neg_inf: 0 })).toBe("");
});
