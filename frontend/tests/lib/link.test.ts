import { describe, expect, it } from "vitest";
import { fromQuery, HOME, type Link, runToWatch, toQuery } from "../../src/lib/link";

const FULL: Link = {
  scan: "0123456789abcdef0123456789abcdef",
  shard: 3,
  against: "fedcba9876543210fedcba9876543210",
  batch: "4f2a",
  snapshot: { run: "0123456789abcdef0123456789abcdef", step: 400 },
  loss: "dqn",
  term: "td_target",
  component: 3,
  pool: "peak",
  colours: "symlog",
  zoom: { rows: [0, 32], steps: [10, 20] },
  selected: { rows: [3, 4], steps: [11, 12] },
  panel: "sequence",
  slice: { by: "done", value: 1 },
  pinned: {
    batch: "99ff",
    snapshot: { run: "fedcba9876543210fedcba9876543210", step: 0 },
    configs: { dqn: { gamma: 0.5 } },
  },
  side: "difference",
  configs: {
    dqn: { gamma: 0.9, reward_scale: 1e-7, use_xformed_reward: true },
    sp: { loss_type: "kl-fwd", temperature: "abc" },
  },
};

describe("a link", () => {
  it("survives the address bar", () => {
    expect(fromQuery(toQuery(FULL))).toEqual(FULL);
  });

  it("is empty when everything is as the page picks it", () => {
    expect(toQuery(HOME)).toBe("");
    expect(fromQuery("")).toEqual(HOME);
  });

  it("is readable", () => {
    expect(toQuery({ ...HOME, loss: "dqn", zoom: FULL.zoom, configs: { dqn: { gamma: 0.9 } } })).toBe(
      "?loss=dqn&zoom=0-32,10-20&dqn.gamma=0.9",
    );
    const pinned = { batch: "99ff", snapshot: null, configs: { dqn: { gamma: 0.5 } } };
    expect(toQuery({ ...HOME, slice: FULL.slice, pinned })).toBe("?slice=done:1&a=99ff&a.dqn.gamma=0.5");
    const snapshot = { run: "0".repeat(32), step: 7 };
    expect(toQuery({ ...HOME, batch: "4f", snapshot })).toBe(`?batch=4f&run=${"0".repeat(32)}&step=7`);
  });

  it("may name a run alone, to be watched", () => {
    const run = "0123456789abcdef0123456789abcdef";
    expect(runToWatch(`?run=${run}`)).toBe(run);
    expect(runToWatch(`?batch=4f&run=${run}&step=7`)).toBeNull();
    expect(runToWatch("?run=x")).toBeNull();
    expect(runToWatch("")).toBeNull();
  });

  it("keeps every bit of a number", () => {
    const gamma = 0.1 + 0.2;
    expect(fromQuery(toQuery({ ...HOME, configs: { dqn: { gamma } } })).configs).toEqual({ dqn: { gamma } });
  });

  it("is deaf to what makes no sense", () => {
    expect(
      fromQuery(
        "?component=-1&slice=done&slice=x:-1&side=pinned&pool=median&colours=red&zoom=5-2,1-3&at=a-b,c-d&run=x&step=7&utm=1&a.b.c=2&.x=1&y.=2",
      ),
    ).toEqual(HOME);
  });

  it("carries hostile text as text", () => {
    const batch = "<img src=x onerror=alert(1)>&loss=sp";
    expect(fromQuery(toQuery({ ...HOME, batch })).batch).toBe(batch);
    expect(Object.keys(fromQuery("?__proto__.x=1").configs)).toEqual(["__proto__"]);
    expect("x" in {}).toBe(false);
  });
});
