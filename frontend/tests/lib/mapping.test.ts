import { expect, it } from "vitest";
import { takenAs } from "../../src/lib/mapping";
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
};

it.each([
  ["r", ["reward", "xformed_reward"]],
  ["episode", ["sequence"]],
  ["t", ["step"]],
  ["next_obs", ["shifted"]],
  ["infos", ["left_out"]],
  ["obs", []],
])("tells that %s is taken as %j", (name, expected) => {
  expect(takenAs(name, MAPPING)).toEqual(expected);
});
