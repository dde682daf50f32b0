import { describe, expect, it } from "vitest";
import { numberOf, seriesOf, statusOf, statusText } from "../../src/lib/run_series";
import { runInfo, snapshotInfo } from "../catalogue";

const examined = snapshotInfo({
  state: "examined",
  total: "NaN",
  losses: { dqn: { loss: 2, error: null }, sv: { loss: null, error: "sv: missing" } },
  findings: { error: 1, warning: 2, info: 3 },
  metrics: { "loss.dqn": 7 },
});

describe("series", () => {
  it("are the losses that were trained and the metrics that were logged, told apart", () => {
    const { computed, logged } = seriesOf(
      runInfo({ timeline: [snapshotInfo({}), examined], metric_names: ["loss.dqn"] }),
    );
    expect(computed.map(({ key }) => key)).toEqual(["loss", "loss.dqn", "loss.sv"]);
    expect(logged).toEqual([{ key: "metric.loss.dqn", title: "loss.dqn" }]);
    expect(
      ["loss", "loss.dqn", "loss.sv", "metric.loss.dqn", "metric.x"].map((key) => numberOf(examined, key)),
    ).toEqual(["NaN", 2, null, 7, null]);
  });
});

describe("what the doctor found", () => {
  it("is told with its counts, or why it is not known", () => {
    expect(statusOf(examined)).toBe("error");
    expect(statusText(examined)).toBe("1 error, 2 warnings");
    expect(statusText({ ...examined, findings: { error: 0, warning: 1, info: 0 } })).toBe("1 warning");
    expect(statusText({ ...examined, findings: { error: 0, warning: 0, info: 9 } })).toBe("no errors or warnings");
    expect(statusText(snapshotInfo({ state: "pending" }))).toBe("not yet examined");
    expect(statusText(snapshotInfo({ state: "failed", failure: "Out of memory." }))).toBe("Out of memory.");
  });
});
