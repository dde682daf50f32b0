import { describe, expect, it } from "vitest";
import { exactText, isFiniteNumber, percent, readable } from "../../src/lib/numbers";

describe("readable", () => {
  it.each([
    [0, "0"],
    [-0, "-0"],
    [4, "4"],
    [-12, "-12"],
    [0.99, "0.99"],
    [1 / 3, "0.333333"],
    [-1234.56789, "-1234.57"],
    [12345678.9, "1.23457e7"],
    [123456789, "123456789"],
    [1e9, "1e9"],
    [1e-4, "0.0001"],
    [1e-12, "1e-12"],
    [1.23456789e-12, "1.23457e-12"],
    [-2.5e300, "-2.5e300"],
    [5e-324, "4.94066e-324"],
    [0.1 + 0.2, "0.3"],
  ])("writes %d as %s", (value, text) => {
    expect(readable(value)).toBe(text);
  });

  it("says non-finite values as they are, spelled or not", () => {
    expect(readable("NaN")).toBe("NaN");
    expect(readable(Number.NaN)).toBe("NaN");
    expect(readable("Infinity")).toBe("+inf");
    expect(readable("-Infinity")).toBe("-inf");
  });
});

describe("exactText", () => {
  it.each([0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, -0, 0, 12.248700141906738])(
    "reads back to %d bit for bit",
    (value) => {
      expect(Object.is(Number(exactText(value)), value)).toBe(true);
    },
  );

  it("names what is not finite", () => {
    expect(["NaN", "Infinity", "-Infinity"].map((text) => exactText(text as "NaN"))).toEqual([
      "NaN",
      "Infinity",
      "-Infinity",
    ]);
  });
});

it("percent keeps one decimal, and a share that is no number stays one", () => {
  expect(percent(0.8567)).toBe("85.7 %");
  expect(percent(1)).toBe("100.0 %");
  expect(percent("NaN")).toBe("NaN");
});

it("isFiniteNumber sees through spelled numbers", () => {
  expect(isFiniteNumber("Infinity")).toBe(false);
  expect(isFiniteNumber(0)).toBe(true);
});
