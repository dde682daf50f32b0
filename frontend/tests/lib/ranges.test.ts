import { describe, expect, it } from "vitest";
import { cellAround, cellsAround, cellsWithin, clipped, moveCell, rangeText, zoomed } from "../../src/lib/ranges";

describe("cellsWithin", () => {
  it("takes every cell the axis range touches, whichever way it runs", () => {
    expect(cellsWithin(9.7, 19.2, [0, 127])).toEqual([10, 20]);
    expect(cellsWithin(19.2, 9.7, [0, 127])).toEqual([10, 20]);
    expect(cellsWithin(-0.5, 126.5, [0, 127])).toEqual([0, 127]);
  });

  it("stays within the whole, and is the whole when it misses it", () => {
    expect(cellsWithin(-20, 5.5, [0, 127])).toEqual([0, 6]);
    expect(cellsWithin(300, 400, [0, 127])).toEqual([0, 127]);
  });
});

describe("cells", () => {
  it("lie from the start of the range, the last one cut", () => {
    expect(cellAround(13, 4, [0, 30])).toEqual([12, 16]);
    expect(cellAround(29, 4, [0, 30])).toEqual([28, 30]);
    expect(cellAround(13, 4, [10, 30])).toEqual([10, 14]);
  });

  it("hold an area that lies within them", () => {
    const whole = { rows: [0, 30], steps: [10, 50] } as const;
    const inside = { rows: [13, 14], steps: [15, 16] } as const;
    expect(cellsAround(inside, { rows: 4, steps: 3 }, whole)).toEqual({ rows: [12, 16], steps: [13, 16] });
    expect(cellsAround(inside, { rows: 1, steps: 1 }, whole)).toEqual(inside);
  });

  it("move by whole cells and stop at the edges", () => {
    expect(moveCell([12, 16], 1, 4, [0, 30])).toEqual([16, 20]);
    expect(moveCell([28, 30], 1, 4, [0, 30])).toEqual([28, 30]);
    expect(moveCell([0, 4], -1, 4, [0, 30])).toEqual([0, 4]);
    expect(moveCell([5, 6], -1, 1, [0, 30])).toEqual([4, 5]);
  });
});

it("zoomed halves around a centre without leaving the limits or vanishing", () => {
  expect(zoomed([0, 128], 0.5, 64, [0, 128])).toEqual([32, 96]);
  expect(zoomed([0, 128], 0.5, 2, [0, 128])).toEqual([0, 64]);
  expect(zoomed([5, 6], 0.5, 5, [0, 128])[1] - zoomed([5, 6], 0.5, 5, [0, 128])[0]).toBe(1);
});

it("clipped keeps what lies within", () => {
  const whole = { rows: [0, 8], steps: [0, 7] } as const;
  expect(clipped({ rows: [2, 20], steps: [3, 4] }, whole)).toEqual({ rows: [2, 8], steps: [3, 4] });
  expect(clipped({ rows: [2, 3], steps: [7, 8] }, whole)).toBeNull();
  expect(clipped(null, whole)).toBeNull();
});

it("spoken counts one as one", () => {
  expect(rangeText([3, 4], "row")).toBe("row 3");
  expect(rangeText([0, 32], "row")).toBe("rows 0 to 31");
});
