// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as api from "../../src/lib/api";
import { Problem } from "../../src/lib/problem";
import type { Evaluation } from "../../src/lib/types";
import { type Question, useEvaluation } from "../../src/state/use_evaluation";
import { evaluateRequestOf } from "../catalogue";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const question = (gamma: number, batch = "b"): Question => ({
  batch,
  body: evaluateRequestOf({ dqn: { gamma } }),
});
const evaluation = (total: number): Evaluation => ({ batch_id: "b", total, losses: {}, pinned: null, figures: [] });

function serve(delayOf: (gamma: number) => number, refuse: (gamma: number) => boolean = () => false) {
  return vi.spyOn(api, "evaluate").mockImplementation(async (_, body, signal) => {
    const gamma = Number(body.configs.dqn?.gamma);
    await new Promise((resolve, reject) => {
      setTimeout(resolve, delayOf(gamma));
      signal?.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    });
    if (refuse(gamma)) throw new Problem({ status: 422, code: "invalid", message: "no", field: "configs.dqn.gamma" });
    return evaluation(gamma);
  });
}

function mount(first: Question) {
  return renderHook(({ asked }) => useEvaluation(asked), { initialProps: { asked: first } });
}

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

describe("useEvaluation", () => {
  it("answers, then keeps the old answer while a new one is awaited", async () => {
    serve(() => 50);
    const { result, rerender } = mount(question(0.9));
    expect(result.current.busy).toBe(true);
    await pass(60);
    expect(result.current.answer?.evaluation.total).toBe(0.9);
    expect(result.current.busy).toBe(false);
    rerender({ asked: question(0.5) });
    expect(result.current.answer?.evaluation.total).toBe(0.9);
    expect(result.current.busy).toBe(true);
    await pass(60);
    expect(result.current.answer?.evaluation.total).toBe(0.5);
  });

  it("shows the last good answer beside a refusal, and recovers", async () => {
    serve(
      () => 10,
      (gamma) => gamma > 1,
    );
    const { result, rerender } = mount(question(0.9));
    await pass(20);
    rerender({ asked: question(2) });
    await pass(20);
    expect(result.current.problem?.field).toBe("configs.dqn.gamma");
    expect(result.current.answer?.evaluation.total).toBe(0.9);
    rerender({ asked: question(0.8) });
    await pass(20);
    expect(result.current.problem).toBeNull();
    expect(result.current.answer?.evaluation.total).toBe(0.8);
  });

  it("never shows one batch's numbers under another", async () => {
    serve(() => 10);
    const { result, rerender } = mount(question(0.9));
    await pass(20);
    rerender({ asked: question(0.9, "other") });
    expect(result.current.answer).toBeNull();
  });

  it("asks once for the same question, and again when told to", async () => {
    const calls = serve(() => 10);
    const { result, rerender } = mount(question(0.9));
    rerender({ asked: question(0.9) });
    await pass(20);
    expect(calls).toHaveBeenCalledTimes(1);
    act(() => void result.current.retry());
    await pass(20);
    expect(calls).toHaveBeenCalledTimes(2);
  });

  it("aborts when it goes away", async () => {
    let signal: AbortSignal | undefined;
    vi.spyOn(api, "evaluate").mockImplementation((_, __, given) => {
      signal = given;
      return new Promise(() => {});
    });
    const { unmount } = mount(question(0.9));
    unmount();
    expect(signal?.aborted).toBe(true);
  });
});
