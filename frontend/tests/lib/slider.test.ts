import { describe, expect, it } from "vitest";
import { nudged, positionOf, STEPS, valueAt } from "../../src/lib/slider";

const UNIT = { low: 0, high: 1, log: false };
const DECADES = { low: 0.001, high: 1000, log: true };

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

it("nudged adds a hundredth of the range, or a tenth of the value on a log scale", () => {
  expect(nudged(0.99, 1, UNIT)).toBe(1);
  expect(nudged(0.995, 1, UNIT)).toBe(1.005);
  expect(nudged(0.5, -1, UNIT)).toBe(0.49);
  expect(nudged(100, 1, DECADES)).toBe(110);
});
