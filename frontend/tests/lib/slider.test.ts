import { describe, expect, it } from "vitest";
import { positionOf, STEPS, stepValue, valueAt } from "../../src/lib/slider";

const UNIT = { low: 0, high: 1, scale: "linear" } as const;
const DECADES = { low: 0.001, high: 1000, scale: "log" } as const;

const DISCOUNT = { low: 0, high: 1, scale: "one_minus_log" } as const;

describe("a linear slider", () => {
  it("goes there and back through round decimals", () => {
    for (const value of [0, 0.001, 0.99, 0.5, 1]) expect(valueAt(positionOf(value, UNIT), UNIT)).toBe(value);
    expect(valueAt(123, UNIT)).toBe(0.123);
  });

  it("keeps values outside its range at its ends", () => {
    expect(positionOf(2, UNIT)).toBe(STEPS);
    expect(positionOf(-1, UNIT)).toBe(0);
    expect(positionOf(Number.NaN, UNIT)).toBe(0);
  });
});

describe("a logarithmic slider", () => {
  it("has 1 in the middle of 0.001 to 1000", () => {
    expect(positionOf(1, DECADES)).toBeCloseTo(STEPS / 2);
    expect(valueAt(STEPS / 2, DECADES)).toBe(1);
  });

  it("reaches its ends exactly", () => {
    expect(valueAt(0, DECADES)).toBe(0.001);
    expect(valueAt(STEPS, DECADES)).toBe(1000);
  });

  it("takes a value it cannot place to its low end", () => {
    expect(positionOf(0, DECADES)).toBe(0);
    expect(positionOf(-3, DECADES)).toBe(0);
  });
});

describe("a slider towards 1", () => {
  it("has 0.9, 0.99 and 0.999 at even distances, exactly, and 0 and 1 at its ends", () => {
    expect([0, 250, 500, 750, STEPS].map((position) => valueAt(position, DISCOUNT))).toEqual([0, 0.9, 0.99, 0.999, 1]);
    expect([0, 0.9, 0.99, 0.999, 1].map((value) => Math.round(positionOf(value, DISCOUNT)))).toEqual([
      0,
      250,
      500,
      750,
      STEPS,
    ]);
  });

  it("keeps apart from 1 what is not quite 1", () => {
    expect(valueAt(STEPS - 1, DISCOUNT)).toBeLessThan(1);
    expect(positionOf(0.9999999, DISCOUNT)).toBe(STEPS - 1);
    expect(positionOf(1.5, DISCOUNT)).toBe(STEPS);
    expect(positionOf(-0.5, DISCOUNT)).toBe(0);
  });
});

describe.each([
  UNIT,
  DECADES,
  DISCOUNT,
  { low: -10, high: 10, scale: "linear" },
  { low: 1e-12, high: 1, scale: "log" },
] as const)("on any scale, such as %o", (range) => {
  const positions = Array.from({ length: STEPS + 1 }, (_, position) => position);

  it("every position leads to a value and back, and every such value stays what it is", () => {
    for (const position of positions) {
      const value = valueAt(position, range);
      expect(Math.abs(positionOf(value, range) - position)).toBeLessThan(2.5);
      expect(valueAt(positionOf(value, range), range)).toBe(value);
    }
  });

  it("values grow with the position, and have few digits", () => {
    const values = positions.map((position) => valueAt(position, range));
    for (const [index, value] of values.entries()) {
      expect(value).toBeGreaterThanOrEqual(values[index - 1] ?? range.low);
      expect(String(value).length).toBeLessThanOrEqual(10);
    }
  });
});

it("nudged adds a hundredth of the range, or a tenth of the value on a log scale", () => {
  expect(stepValue(0.99, 1, UNIT)).toBe(1);
  expect(stepValue(0.995, 1, UNIT)).toBe(1.005);
  expect(stepValue(0.5, -1, UNIT)).toBe(0.49);
  expect(stepValue(100, 1, DECADES)).toBe(110);
  expect(stepValue(0.99, 1, DISCOUNT)).toBe(0.99088);
  expect(stepValue(1, -1, DISCOUNT)).toBe(0.99989);
  expect(stepValue(0, -1, DISCOUNT)).toBe(0);
});
