import { expect, it } from "vitest";
import { deviations, trainedConfigs } from "../../src/lib/run_configs";
import type { BatchInfo } from "../../src/lib/types";
import { lossInfo } from "../catalogue";

const number = (usual: number) => ({ type: "number", default: usual, minimum: 0, maximum: 1 });
const schema = { properties: { weight: number(1), gamma: number(0.99) } };
const CATALOGUE = ["dqn", "sv", "sp"].map((name) => lossInfo({ name, config_schema: schema }));
const readiness = (name: string, runs: boolean) => ({ name, runs, missing: [] });
const BATCH = {
  losses: [readiness("dqn", true), readiness("sv", true), readiness("sp", false)],
} as unknown as BatchInfo;

it("holds what differs from the defaults; a loss that was not trained weighs nothing", () => {
  expect(trainedConfigs({ dqn: { weight: 1, gamma: 0.5 } }, BATCH, CATALOGUE)).toEqual({
    dqn: { gamma: 0.5 },
    sv: { weight: 0 },
  });
  expect(trainedConfigs({}, BATCH, CATALOGUE)).toEqual({});
});

it("says which fields are not as they were trained", () => {
  expect(deviations({ dqn: { gamma: 0.9 } }, { dqn: { gamma: 0.9 } }, CATALOGUE)).toEqual([]);
  expect(deviations({ sp: { gamma: 0.1 } }, { dqn: { gamma: 0.5 }, sv: { weight: 0 } }, CATALOGUE)).toEqual([
    "dqn.gamma 0.99 instead of 0.5",
    "sv.weight 1 instead of 0",
    "sp.gamma 0.1 instead of 0.99",
  ]);
});
