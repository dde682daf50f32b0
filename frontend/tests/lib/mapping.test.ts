import { expect, it } from "vitest";
import { dropUnusedOptions, nextStateLabel, nextStatePairs, nextStates, targetsOf } from "../../src/lib/mapping";
import type { Mapping } from "../../src/lib/types";

const MAPPING: Mapping = {
  fields: { reward: "r", xformed_reward: "r", done: "d" },
  layout: "flat",
  alignment: "state",
  length: 6,
  sequence: "episode",
  step: "t",
  windows: "across",
  shifted: ["next_obs"],
  left_out: ["infos"],
  next_states: { s: "s2" },
};

it.each([
  ["r", ["reward", "xformed_reward"]],
  ["episode", ["sequence"]],
  ["t", ["step"]],
  ["next_obs", ["shifted"]],
  ["infos", ["left_out"]],
  ["s2", ["next_states"]],
  ["obs", []],
])("tells that %s is taken as %j", (name, expected) => {
  expect(targetsOf(name, MAPPING)).toEqual(expected);
});

it("offers as next states the fields of one type and shape that are not mapped, and the chosen ones", () => {
  const field = (name: string, dtype: string, ...shape: number[]) => ({ name, dtype, shape, bytes: 8 });
  const fields = [field("x", "float32", 6, 2), field("x2", "float32", 6, 2), field("r", "float32", 6, 2)];
  const pairs = nextStatePairs(MAPPING, [...fields, field("y", "float64", 6, 2)]);
  expect(pairs).toEqual(["s → s2", "x → x2", "x2 → x"]);
  expect(nextStates(pairs.slice(0, 2))).toEqual({ s: "s2", x: "x2" });
  expect(nextStateLabel(["s", "s2"])).toBe("s → s2");
});

it("keeps windows that run on after ends, which padded sequences may do as well", () => {
  expect(dropUnusedOptions({ ...MAPPING, layout: "sequences" }).windows).toBe("across");
  expect(dropUnusedOptions({ ...MAPPING, layout: "items" }).windows).toBe("within");
});

it("says that environments take turns only of flat rows that no field numbers", () => {
  expect(dropUnusedOptions({ ...MAPPING, num_envs: 4 }).num_envs).toBe(4);
  expect(dropUnusedOptions({ ...MAPPING, num_envs: 4, environment: "env" }).num_envs).toBe(1);
  expect(dropUnusedOptions({ ...MAPPING, num_envs: 4, layout: "sequences" }).num_envs).toBe(1);
});
