import { describe, expect, it } from "vitest";
import { isCut, rowNoun, sizeOf } from "../../src/lib/batch_size";
import type { BatchInfo } from "../../src/lib/types";

describe("sizeOf", () => {
  const sized = (more: object) => ({ B: 11100, S: 64, transitions: false, mapped_from: null, ...more }) as BatchInfo;
  const from = (length: number | null) => ({ mapped_from: { mapping: { length } } });

  it("calls what was cut out of a file windows, and whole sequences by their name", () => {
    expect(sizeOf(sized(from(64)))).toBe("11,100 windows of 64 steps");
    expect(sizeOf(sized(from(null)))).toBe("11,100 sequences of 64 steps");
    expect(sizeOf(sized({}))).toBe("11,100 sequences of 64 steps");
  });

  it("counts transitions without order alone, whatever they were made of", () => {
    expect(sizeOf(sized({ transitions: true }))).toBe("11,100 transitions");
    expect(isCut(sized({ transitions: true, ...from(64) }))).toBe(false);
    expect(isCut(sized(from(64)))).toBe(true);
  });

  it("calls rows that are alone in their sequence items", () => {
    expect(sizeOf(sized({ S: 1 }))).toBe("11,100 items");
    expect([{}, { S: 1 }, { S: 2, transitions: true }].map((more) => rowNoun(sized(more)))).toEqual([
      "step",
      "item",
      "transition",
    ]);
  });
});
