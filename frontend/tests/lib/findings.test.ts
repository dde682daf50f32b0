import { describe, expect, it } from "vitest";
import { applyFix, byNeed, countOf, linkOfFinding } from "../../src/lib/findings";
import type { BatchInfo, DoctorReport, Finding, RuleInfo } from "../../src/lib/types";
import { lossInfo } from "../catalogue";

const rules = [{ id: "first" }, { id: "second" }] as RuleInfo[];
const batch = { fields: [{ group: "step_stream", name: "reward" }] } as unknown as BatchInfo;
const catalogue = [
  lossInfo({ name: "dqn", config_schema: { properties: { gamma: { type: "number", default: 0.99 } } } }),
];

function finding(own: Partial<Finding>): Finding {
  const fix = { text: "", field: null, value: null };
  const nothing = { loss: null, field: null, where: null, transition: null, fix };
  return { rule: "second", severity: "error", ...nothing, ...own } as Finding;
}

describe("a click on a finding", () => {
  it("opens its loss with what its rule found, at the first of it", () => {
    expect(linkOfFinding(finding({ loss: "dqn", transition: [1, 2] }), rules, batch)).toEqual({
      loss: "dqn",
      term: null,
      component: 0,
      zoom: null,
      slice: { by: "doctor", value: 1 },
      selected: { rows: [1, 2], steps: [2, 3] },
    });
  });

  it("opens the field at the row that holds it, which is not the transition that led there", () => {
    const own = { field: "step_stream.reward", where: [[1, 4]], transition: [1, 3] } satisfies Partial<Finding>;
    expect(linkOfFinding(finding(own), rules, batch)).toMatchObject({
      loss: "data",
      term: "step_stream.reward",
      slice: { by: "doctor", value: 1 },
      selected: { rows: [1, 2], steps: [4, 5] },
    });
  });

  it("opens the loss of a config that is wrong, without a slice where there are no places", () => {
    expect(linkOfFinding(finding({ field: "configs.dqn.gamma" }), rules, batch)).toMatchObject({
      loss: "dqn",
      slice: null,
    });
  });

  it("leads nowhere from a field that the batch does not have", () => {
    expect(linkOfFinding(finding({ field: "out.dqn" }), rules, batch)).toBeNull();
    expect(linkOfFinding(finding({ field: "step_stream" }), rules, batch)).toBeNull();
  });
});

it("sets the field that a fix names, and forgets it where the fix is the default", () => {
  const cure = (value: number) => finding({ fix: { text: "", field: "dqn.gamma", value } });
  expect(applyFix(cure(0.5), { sv: { weight: 2 } }, catalogue)).toEqual({ sv: { weight: 2 }, dqn: { gamma: 0.5 } });
  expect(applyFix(cure(0.99), { dqn: { gamma: 1 } }, catalogue)).toEqual({});
});

it("has no fix where there is none or its field is unknown", () => {
  expect(applyFix(finding({}), {}, catalogue)).toBeNull();
  expect(applyFix(finding({ fix: { text: "", field: "dqn.colour", value: 1 } }), {}, catalogue)).toBeNull();
});

it("counts findings of a severity", () => {
  const report = { findings: [finding({}), finding({ severity: "info" }), finding({})] } as unknown as DoctorReport;
  expect([countOf(report, "error"), countOf(report, "warning"), countOf(report, "info")]).toEqual([2, 0, 1]);
});

it("puts together what needs the same", () => {
  const lines = [
    { rule: "a", needs: "time" },
    { rule: "b", needs: "q_star" },
    { rule: "c", part: "ends", needs: "time" },
  ];
  expect(byNeed(lines)).toEqual([
    ["time", [lines[0], lines[2]]],
    ["q_star", [lines[1]]],
  ]);
});
