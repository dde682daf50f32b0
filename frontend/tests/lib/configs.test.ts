import { expect, it } from "vitest";
import { fieldValue, withDefaults, withOnly, withValue } from "../../src/lib/configs";
import { controlsOf } from "../../src/lib/controls";

const [gamma] = controlsOf({ properties: { gamma: { type: "number", default: 0.99 } } });
if (!gamma) throw new Error("no control");

it("a field is its default until it is set, and forgotten when it is set back", () => {
  expect(fieldValue({}, "dqn", gamma)).toBe(0.99);
  const set = withValue({ sp: { temperature: 2 } }, "dqn", gamma, 0.5);
  expect(set).toEqual({ sp: { temperature: 2 }, dqn: { gamma: 0.5 } });
  expect(fieldValue(set, "dqn", gamma)).toBe(0.5);
  expect(withValue(set, "dqn", gamma, 0.99)).toEqual({ sp: { temperature: 2 } });
});

it("resetting one loss leaves the others", () => {
  expect(withDefaults({ dqn: { gamma: 0 }, sp: { temperature: 2 } }, "dqn")).toEqual({ sp: { temperature: 2 } });
});

it("a preset sets its fields, drops those at their default, and resets the rest of its loss", () => {
  const configs = { dqn: { tau: 0.1 }, sp: { temperature: 2 } };
  expect(withOnly(configs, "dqn", [gamma], { gamma: 0.5 })).toEqual({ dqn: { gamma: 0.5 }, sp: { temperature: 2 } });
  expect(withOnly(configs, "dqn", [gamma], { gamma: 0.99 })).toEqual({ sp: { temperature: 2 } });
});
