import { replaceEqualDeep } from "@tanstack/react-query";
import { keepPreviousFigures } from "../lib/estimates";
import { newFunctionError } from "../lib/own_losses";
import { Problem, problemOf } from "../lib/problem";
import type { EvaluateRequest, Evaluation } from "../lib/types";
import { afterPaint } from "./after_paint";
import { Latest } from "./latest";
import { evaluate, uncheckedConfigs } from "./server";
import type { PageStore } from "./store";

export interface EvaluationRequest {
  readonly batch: string;
  /** The run whose snapshot the batch is. */
  readonly run: string | null;
  readonly body: EvaluateRequest;
}

/** One evaluation with its request: everything on screen comes from one of these. */
export interface EvaluationResult {
  readonly request: EvaluationRequest;
  readonly evaluation: Evaluation;
  /** Version of users' loss functions that computed it. */
  readonly lossVersion: number;
}

export interface EvaluationState {
  /** The newest result for the batch, or for another snapshot of its run. */
  readonly latest: EvaluationResult | null;
  /** The one whose figures are painted: while a slider moves, its numbers are painted first. */
  readonly painted: EvaluationResult | null;
  /** The newest complete result: while a slider moves, results are brief. */
  readonly settled: EvaluationResult | null;
  /** Why the newest request has no result. */
  readonly problem: Problem | null;
  /** Whether the newest request is in flight. */
  readonly busy: boolean;
  /** Whether a loss function has changed since the newest result, and none of the new one is there yet. */
  readonly outdated: boolean;
}

export const NO_EVALUATION: EvaluationState = {
  latest: null,
  painted: null,
  settled: null,
  problem: null,
  busy: false,
  outdated: false,
};

/** Keeps the newest request evaluated; the last good result for the batch or its run stays until a newer one is there. */
export class Evaluations {
  #store: PageStore;
  #requested: EvaluationRequest | null = null;
  #cancelPainting: (() => void) | null = null;
  #newest = new Latest<EvaluationRequest, Evaluation>({
    run: ({ batch, body }, signal) => evaluate({ path: { batch_id: batch }, body: uncheckedConfigs(body), signal }),
    done: (request, evaluation) => this.#receive(request, evaluation),
    failed: (request, thrown) => this.#set({ ...this.#finish(request), problem: problemOf(thrown) }),
  });

  constructor(store: PageStore) {
    this.#store = store;
  }

  /** Sends a request, unless it is the last one; null forgets everything. */
  request = (request: EvaluationRequest | null): void => {
    if (same(request, this.#requested)) return;
    const continues = request !== null && this.#requested !== null && seriesKey(request) === seriesKey(this.#requested);
    this.#requested = request;
    if (!continues) this.#forget();
    if (!request) return;
    this.#set({ problem: null, busy: true });
    this.#newest.ask(request);
  };

  /** Marks what is on screen as computed by a function that has changed; a result of it that is awaited is dropped. */
  outdate = (): void => {
    this.#store.setState(({ lossVersion }) => ({ lossVersion: lossVersion + 1 }));
    if (!this.#requested) return;
    this.#newest.stop();
    this.#set({ busy: true, outdated: true });
  };

  /** Sends the last request again. */
  retry = (): void => {
    if (this.#requested) this.#newest.ask(this.#requested);
  };

  #forget(): void {
    this.#newest.stop();
    this.#cancelPainting?.();
    this.#cancelPainting = null;
    this.#set(NO_EVALUATION);
  }

  #receive(request: EvaluationRequest, evaluation: Evaluation): void {
    const { brief } = request.body;
    const before = this.#store.getState().evaluation.latest?.evaluation ?? null;
    const raised = before && newFunctionError(request.body, evaluation, before);
    if (raised) {
      this.#set({ ...this.#finish(request), problem: new Problem(raised) });
      return;
    }
    const latest = {
      request,
      lossVersion: this.#store.getState().lossVersion,
      evaluation: sharing(brief ? keepPreviousFigures(evaluation, before) : evaluation, before),
    };
    this.#set({
      ...this.#finish(request),
      latest,
      outdated: false,
      ...(!brief && { painted: latest, settled: latest }),
    });
    if (brief) this.#paintSoon();
  }

  /** One painting waits at a time: it is of the newest result once its turn has come. */
  #paintSoon(): void {
    this.#cancelPainting ??= afterPaint(() => {
      this.#cancelPainting = null;
      this.#set({ painted: this.#store.getState().evaluation.latest });
    });
  }

  #finish(request: EvaluationRequest): Partial<EvaluationState> {
    return same(request, this.#requested) ? { problem: null, busy: false } : {};
  }

  #set(change: Partial<EvaluationState>): void {
    this.#store.setState(({ evaluation }) => ({ evaluation: { ...evaluation, ...change } }));
  }
}

/** Results with the same key may stand in for each other until the newest is there. */
export function seriesKey({ run, batch }: EvaluationRequest): string {
  return run ?? batch;
}

function same(a: EvaluationRequest | null, b: EvaluationRequest | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The same evaluation, in which equal parts of the losses are the very objects of the one before: these render once. */
function sharing(now: Evaluation, before: Evaluation | null): Evaluation {
  return before ? { ...now, losses: replaceEqualDeep(before.losses, now.losses) } : now;
}
