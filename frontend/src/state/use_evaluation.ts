import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { evaluate } from "../lib/api";
import { keepingFigures } from "../lib/estimates";
import { Latest } from "../lib/latest";
import { type Problem, problemOf } from "../lib/problem";
import type { EvaluateRequest, Evaluation } from "../lib/types";

export interface Question {
  readonly batch: string;
  readonly body: EvaluateRequest;
}

/** One answer with the question it answers: everything on screen comes from one of these. */
export interface Answer {
  readonly question: Question;
  readonly evaluation: Evaluation;
}

interface Outcome {
  readonly answer: Answer | null;
  readonly problem: Problem | null;
  /** The question that the newest answer or problem is about, as text. */
  readonly settled: string;
}

const NOTHING: Outcome = { answer: null, problem: null, settled: "" };

/** Keeps the newest question answered; the last good answer for the batch stays until a newer one is there. */
export function useEvaluation(question: Question | null) {
  const [outcome, setOutcome] = useState(NOTHING);
  const latest = useLatest(setOutcome);
  const text = question ? JSON.stringify(question) : "";
  const newest = useRef(question);
  newest.current = question;

  useEffect(() => {
    if (text && newest.current) latest.ask(newest.current);
  }, [text, latest]);

  const retry = useCallback(() => newest.current && latest.ask(newest.current), [latest]);
  const answer = outcome.answer?.question.batch === question?.batch ? outcome.answer : null;
  const settled = outcome.settled === text;
  return { answer, problem: settled ? outcome.problem : null, busy: text !== "" && !settled, retry };
}

function before(answer: Answer | null): Evaluation | null {
  return answer?.evaluation ?? null;
}

function useLatest(setOutcome: (change: (old: Outcome) => Outcome) => void): Latest<Question, Evaluation> {
  const latest = useMemo(
    () =>
      new Latest<Question, Evaluation>({
        run: ({ batch, body }, signal) => evaluate(batch, body, signal),
        done: (question, evaluation) =>
          setOutcome(({ answer }) => ({
            answer: {
              question,
              evaluation: question.body.brief ? keepingFigures(evaluation, before(answer)) : evaluation,
            },
            problem: null,
            settled: JSON.stringify(question),
          })),
        failed: (question, thrown) =>
          setOutcome(({ answer }) => ({ answer, problem: problemOf(thrown), settled: JSON.stringify(question) })),
      }),
    [setOutcome],
  );
  useEffect(() => () => latest.stop(), [latest]);
  return latest;
}
