import { describe, expect, it } from "vitest";
import { presetsFrom, sameConfig, withoutPreset, withPreset, withRenamed } from "../../src/lib/presets";

const long = { name: "long", config: { gamma: 0.999 } };
const short = { name: "short", config: { gamma: 0.9 } };
const ALL = { dqn: [long, short], sp: [{ name: "long", config: {} }] };

describe("saved presets", () => {
  it("are kept by loss and in the order of their names", () => {
    expect(withPreset({ dqn: [short] }, "dqn", long)).toEqual({ dqn: [long, short] });
    expect(withPreset({}, "sv", short)).toEqual({ sv: [short] });
  });

  it("are overwritten by one of the same name", () => {
    const other = { name: "long", config: { gamma: 1 } };
    expect(withPreset(ALL, "dqn", other)).toEqual({ ...ALL, dqn: [other, short] });
  });

  it("are renamed, over another if need be, and deleted", () => {
    expect(withRenamed(ALL, "dqn", "short", "a").dqn).toEqual([{ ...short, name: "a" }, long]);
    expect(withRenamed(ALL, "dqn", "short", "long").dqn).toEqual([{ ...short, name: "long" }]);
    expect(withRenamed(ALL, "dqn", "absent", "b")).toBe(ALL);
    expect(withoutPreset(ALL, "dqn", "long")).toEqual({ ...ALL, dqn: [short] });
  });

  it("are read from what was stored, and whatever else lies there is left out", () => {
    expect(presetsFrom(JSON.stringify(ALL))).toEqual(ALL);
    const odd = { dqn: [long, { name: "" }, null, { name: "x", config: { gamma: null } }, { name: "y", config: [] }] };
    expect(presetsFrom(JSON.stringify({ ...odd, sp: 3 }))).toEqual({ dqn: [long], sp: [] });
    for (const text of [null, "", "[", "[]", "null", "7"]) expect(presetsFrom(text)).toEqual({});
  });
});

it("configurations are the same in any order of their fields", () => {
  expect(sameConfig({ a: 1, b: true }, { b: true, a: 1 })).toBe(true);
  expect(sameConfig({ a: 1 }, { a: 1, b: true })).toBe(false);
  expect(sameConfig({ a: 1 }, { b: 1 })).toBe(false);
  expect(sameConfig({ a: 0 }, { a: -0 })).toBe(false);
});
