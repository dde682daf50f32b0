// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as sdk from "../../src/api/sdk.gen";
import { Problem } from "../../src/lib/problem";
import type { Evaluation, LossResult } from "../../src/lib/types";
import { type EvaluationRequest, Evaluations } from "../../src/state/evaluations";
import { createPageStore } from "../../src/state/store";
import { evaluateRequestOf } from "../catalogue";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const request = (gamma: number, batch = "b", run: string | null = null): EvaluationRequest => ({
  batch,
  run,
  body: evaluateRequestOf({ dqn: { gamma } }),
});
const briefly = (gamma: number): EvaluationRequest => ({
  batch: "b",
  run: null,
  body: { ...request(gamma).body, brief: true },
});
const result = (loss: number) => ({ loss, health: [{ term: "loss" }] }) as unknown as LossResult;
const evaluation = (total: number): Evaluation => ({
  batch_id: "b",
  total,
  losses: { dqn: result(total), sv: result(7) },
  pinned: null,
  figures: [],
});

function serve(delayOf: (gamma: number) => number, refuse: (gamma: number) => boolean = () => false) {
  return vi.spyOn(sdk, "evaluate").mockImplementation(async ({ body, signal }) => {
    const gamma = Number(body.configs.dqn?.gamma);
    await new Promise((resolve, reject) => {
      setTimeout(resolve, delayOf(gamma));
      signal?.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    });
    if (refuse(gamma)) throw new Problem({ status: 422, code: "invalid", message: "no", field: "configs.dqn.gamma" });
    return evaluation(gamma);
  });
}

/** Answers soon, and refuses a gamma above 1. */
const serveUpToOne = () =>
  serve(
    () => 10,
    (gamma) => gamma > 1,
  );

function open() {
  const store = createPageStore();
  return { store, evaluations: new Evaluations(store) };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("Evaluations", () => {
  it("answers, then keeps the old answer while a new one is awaited", async () => {
    serve(() => 50);
    const { store, evaluations } = open();
    evaluations.request(request(0.9));
    expect(store.getState().evaluation.busy).toBe(true);
    await pass(60);
    expect(store.getState().evaluation.latest?.evaluation.total).toBe(0.9);
    expect(store.getState().evaluation.busy).toBe(false);
    evaluations.request(request(0.5));
    expect(store.getState().evaluation.latest?.evaluation.total).toBe(0.9);
    expect(store.getState().evaluation.busy).toBe(true);
    await pass(60);
    expect(store.getState().evaluation.latest?.evaluation.total).toBe(0.5);
  });

  it("shows the last good answer beside a refusal, and recovers", async () => {
    serveUpToOne();
    const { store, evaluations } = open();
    evaluations.request(request(0.9));
    await pass(20);
    evaluations.request(request(2));
    await pass(20);
    expect(store.getState().evaluation.problem?.field).toBe("configs.dqn.gamma");
    expect(store.getState().evaluation.latest?.evaluation.total).toBe(0.9);
    evaluations.request(request(0.8));
    expect(store.getState().evaluation.problem).toBeNull();
    await pass(20);
    expect(store.getState().evaluation.latest?.evaluation.total).toBe(0.8);
  });

  it("marks what a function gave before it changed, until it gives a result again", async () => {
    serve(() => 50);
    const { store, evaluations } = open();
    evaluations.outdate();
    expect(store.getState().evaluation.outdated).toBe(false);
    evaluations.request(request(0.9));
    await pass(60);
    evaluations.request(request(0.5));
    await pass(40);
    evaluations.outdate();
    await pass(100);
    expect(store.getState().evaluation).toMatchObject({ outdated: true, busy: true });
    expect(store.getState().evaluation.latest?.evaluation.total).toBe(0.9);
    evaluations.retry();
    await pass(60);
    expect(store.getState().evaluation).toMatchObject({ outdated: false, busy: false });
    expect(store.getState().evaluation.latest?.evaluation.total).toBe(0.5);
  });

  it("keeps the mark while the changed function is refused", async () => {
    serveUpToOne();
    const { store, evaluations } = open();
    evaluations.request(request(0.9));
    await pass(20);
    evaluations.outdate();
    evaluations.request(request(2));
    await pass(20);
    expect(store.getState().evaluation).toMatchObject({ outdated: true, busy: false });
    evaluations.request(request(0.8));
    expect(store.getState().evaluation.outdated).toBe(true);
    await pass(20);
    expect(store.getState().evaluation.outdated).toBe(false);
  });

  it("never shows one batch's numbers under another", async () => {
    serve(() => 10);
    const { store, evaluations } = open();
    evaluations.request(request(0.9));
    await pass(20);
    evaluations.request(request(0.9, "other"));
    expect(store.getState().evaluation.latest).toBeNull();
    expect(store.getState().evaluation.painted).toBeNull();
    expect(store.getState().evaluation.settled).toBeNull();
  });

  it("keeps the answer of one snapshot of a run while that of another is awaited", async () => {
    serve(() => 50);
    const { store, evaluations } = open();
    evaluations.request(request(0.9, "first", "run"));
    await pass(60);
    evaluations.request(request(0.5, "second", "run"));
    expect(store.getState().evaluation.latest?.request.batch).toBe("first");
    expect(store.getState().evaluation.busy).toBe(true);
    await pass(60);
    expect(store.getState().evaluation.latest?.request.batch).toBe("second");
    expect(store.getState().evaluation.latest?.evaluation.total).toBe(0.5);
    evaluations.request(request(0.5, "third", "another run"));
    expect(store.getState().evaluation.latest).toBeNull();
  });

  it("asks once for the same question, and again when told to", async () => {
    const calls = serve(() => 10);
    const { evaluations } = open();
    evaluations.request(request(0.9));
    evaluations.request(request(0.9));
    await pass(20);
    expect(calls).toHaveBeenCalledTimes(1);
    evaluations.retry();
    await pass(20);
    expect(calls).toHaveBeenCalledTimes(2);
  });

  it("gives numbers first and figures once those are painted, of the newest answer there is by then", async () => {
    serve(() => 1);
    const { store, evaluations } = open();
    evaluations.request(request(0.9));
    await pass(5);
    const seen: [number | undefined, number | undefined][] = [];
    const total = (which: "latest" | "painted") => Number(store.getState().evaluation[which]?.evaluation.total);
    store.subscribe(() => seen.push([total("latest"), total("painted")]));
    evaluations.request(briefly(0.8));
    await pass(2);
    evaluations.request(briefly(0.7));
    await pass(100);
    expect(new Set(seen.map(String))).toEqual(new Set(["0.9,0.9", "0.8,0.9", "0.7,0.9", "0.7,0.7"]));
    expect(store.getState().evaluation.settled?.evaluation.total).toBe(0.9);
    evaluations.request(request(0.7));
    await pass(5);
    expect(store.getState().evaluation.painted).toBe(store.getState().evaluation.latest);
    expect(store.getState().evaluation.settled).toBe(store.getState().evaluation.latest);
  });

  it("leaves what did not change in a loss the very same object, so that nobody draws it anew", async () => {
    serve(() => 1);
    const { store, evaluations } = open();
    evaluations.request(request(0.9));
    await pass(5);
    const before = store.getState().evaluation.latest?.evaluation.losses;
    evaluations.request(request(0.8));
    await pass(5);
    const after = store.getState().evaluation.latest?.evaluation.losses;
    expect(after?.sv).toBe(before?.sv);
    expect(after?.dqn?.loss).toBe(0.8);
    expect(after?.dqn?.health).toBe(before?.dqn?.health);
  });

  it("aborts when nothing is asked any more", async () => {
    let signal: AbortSignal | undefined;
    vi.spyOn(sdk, "evaluate").mockImplementation((options) => {
      signal = options.signal ?? undefined;
      return new Promise(() => {});
    });
    const { store, evaluations } = open();
    evaluations.request(request(0.9));
    evaluations.request(null);
    expect(signal?.aborted).toBe(true);
    expect(store.getState().evaluation.busy).toBe(false);
  });
});
