import { describe, expect, it } from "vitest";
import { HOME, type Link } from "../../src/lib/link";
import { Steps } from "../../src/lib/steps";

const gamma = (value: number, rest: Partial<Link> = {}): Link => ({
  ...HOME,
  ...rest,
  configs: { dqn: { gamma: value } },
});

describe("Steps", () => {
  it("finds the nearest step with another config, past those that changed something else", () => {
    const steps = new Steps(4, gamma(0.1));
    steps.push(gamma(0.2));
    steps.push(gamma(0.2, { term: "q" }));
    steps.push(gamma(0.2, { loss: "sp" }));
    expect(steps.toOtherConfigs(-1)).toBe(-3);
    steps.moveTo(4, gamma(0.1));
    expect(steps.toOtherConfigs(1)).toBe(1);
  });

  it("has nowhere to go where nothing was changed, or where this page has not been", () => {
    const steps = new Steps(4, gamma(0.1));
    steps.push(gamma(0.1, { term: "q" }));
    expect(steps.toOtherConfigs(-1)).toBe(0);
    expect(steps.toOtherConfigs(1)).toBe(0);
  });

  it("forgets what lay ahead when a new step is made", () => {
    const steps = new Steps(0, gamma(0.1));
    steps.push(gamma(0.2));
    steps.push(gamma(0.3));
    steps.moveTo(0, gamma(0.1));
    steps.push(gamma(0.1, { term: "q" }));
    expect(steps.toOtherConfigs(1)).toBe(0);
  });
});
