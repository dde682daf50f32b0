import { replaceEqualDeep } from "@tanstack/react-query";
import { keepingFigures } from "../lib/estimates";
import { type Problem, problemOf } from "../lib/problem";
import type { EvaluateRequest, Evaluation } from "../lib/types";
import { afterPaint } from "./after_paint";
import { Latest } from "./latest";
import { evaluate, unjudged } from "./server";

export interface Question {
  readonly batch: string;
  /** The run whose snapshot the batch is. */
  readonly run: string | null;
  readonly body: EvaluateRequest;
}

/** One answer with the question it answers: everything on screen comes from one of these. */
export interface Answer {
  readonly question: Question;
  readonly evaluation: Evaluation;
}

/** What is known of the newest question. */
export interface Evaluated {
  /** The newest good answer for the batch, or for another snapshot of its run. */
  readonly answer: Answer | null;
  /** The one whose figures are drawn: while a slider moves, its numbers are painted first. */
  readonly drawn: Answer | null;
  /** The newest that is no brief one. */
  readonly rested: Answer | null;
  /** Why the newest question has no answer. */
  readonly problem: Problem | null;
  /** Whether the newest question waits for its answer. */
  readonly busy: boolean;
}

const NOTHING: Evaluated = { answer: null, drawn: null, rested: null, problem: null, busy: false };

/** Keeps the newest question answered; the last good answer for the batch or its run stays until a newer one is there. */
export class EvaluationStore {
  #now = NOTHING;
  #asked: Question | null = null;
  #listeners = new Set<() => void>();
  #cancelDrawing: (() => void) | null = null;
  #latest = new Latest<Question, Evaluation>({
    run: ({ batch, body }, signal) => evaluate({ path: { batch_id: batch }, body: unjudged(body), signal }),
    done: (question, evaluation) => this.#answered(question, evaluation),
    failed: (question, thrown) => this.#set({ ...this.#settled(question), problem: problemOf(thrown) }),
  });

  get = (): Evaluated => this.#now;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Asks, unless it is what was asked last; null takes everything back. */
  ask = (question: Question | null): void => {
    if (same(question, this.#asked)) return;
    const goesOn = question !== null && this.#asked !== null && kin(question) === kin(this.#asked);
    this.#asked = question;
    if (!goesOn) this.#forget();
    if (!question) return;
    this.#set({ problem: null, busy: true });
    this.#latest.ask(question);
  };

  /** Asks the same again. */
  retry = (): void => {
    if (this.#asked) this.#latest.ask(this.#asked);
  };

  #forget(): void {
    this.#latest.stop();
    this.#cancelDrawing?.();
    this.#cancelDrawing = null;
    this.#set(NOTHING);
  }

  #answered(question: Question, evaluation: Evaluation): void {
    const { brief } = question.body;
    const before = this.#now.answer?.evaluation ?? null;
    const answer = { question, evaluation: sharing(brief ? keepingFigures(evaluation, before) : evaluation, before) };
    this.#set({ ...this.#settled(question), answer, ...(!brief && { drawn: answer, rested: answer }) });
    if (brief) this.#drawSoon();
  }

  /** One drawing waits at a time: it is of the newest answer once its turn has come. */
  #drawSoon(): void {
    this.#cancelDrawing ??= afterPaint(() => {
      this.#cancelDrawing = null;
      this.#set({ drawn: this.#now.answer });
    });
  }

  #settled(question: Question): Partial<Evaluated> {
    return same(question, this.#asked) ? { problem: null, busy: false } : {};
  }

  #set(change: Partial<Evaluated>): void {
    this.#now = { ...this.#now, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** What answers may stand in for each other until the newest is there. */
export function kin({ run, batch }: Question): string {
  return run ?? batch;
}

function same(a: Question | null, b: Question | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The same evaluation, what is equal in its losses being the very objects of the one before: who shows it can tell. */
function sharing(now: Evaluation, before: Evaluation | null): Evaluation {
  return before ? { ...now, losses: replaceEqualDeep(before.losses, now.losses) } : now;
}
