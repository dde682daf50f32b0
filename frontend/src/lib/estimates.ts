import type { Evaluation, FigureResult } from "./types";

/** An answer whose estimated losses keep the figures of the answer before, until there are exact ones. */
export function keepingFigures(now: Evaluation, before: Evaluation | null): Evaluation {
  if (!before || now.batch_id !== before.batch_id) return now;
  const kept = (figure: FigureResult) =>
    isEstimated(now, figure.loss) ? (before.figures.find((old) => sameFigure(old, figure)) ?? figure) : figure;
  return { ...now, figures: now.figures.map(kept) };
}

/** Whether the figures of a loss are older than its numbers. */
export function isEstimated(evaluation: Evaluation | undefined, loss: string): boolean {
  return evaluation?.losses[loss]?.estimated === true;
}

function sameFigure(a: FigureResult, b: FigureResult): boolean {
  return a.kind === b.kind && a.loss === b.loss && a.term === b.term;
}
