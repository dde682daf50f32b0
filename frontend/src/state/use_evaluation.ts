import { useSyncExternalStore } from "react";
import type { FigureInfo, FigureResult, LossResult } from "../lib/types";
import { type Answer, type Evaluated, EvaluationStore } from "./evaluation_store";

export type { Answer } from "./evaluation_store";

/** The one evaluation that this page shows. */
export const evaluations = new EvaluationStore();

/** A part of the evaluation: who needs only a part is drawn anew only when that changes. */
export function useEvaluation<Part>(pick: (now: Evaluated) => Part): Part {
  return useSyncExternalStore(evaluations.subscribe, () => pick(evaluations.get()));
}

/** The numbers of a loss, the newest that there are. */
export function useLossResult(loss: string): LossResult | undefined {
  return useEvaluation(({ answer }) => answer?.evaluation.losses[loss]);
}

/** A figure of a loss; null while it is awaited. */
export function useFigure(loss: string, kind: FigureInfo["kind"]): FigureResult | null {
  const isIt = (figure: FigureResult) => figure.loss === loss && figure.kind === kind;
  return useEvaluation(({ drawn }) => drawn?.evaluation.figures.find(isIt) ?? null);
}

/** The newest answer with everything in it, and whether it is that of other configs: while a slider moves it waits. */
export function useRested(): { rested: Answer | null; before: boolean } {
  const rested = useEvaluation((now) => now.rested);
  const before = useEvaluation((now) => now.rested !== now.answer);
  return { rested, before };
}
