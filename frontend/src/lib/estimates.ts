import type { Evaluation, FigureResult } from "./types";

/** A brief answer with the figures of the answer before that it leaves out: those out of sight, those of an estimate. */
export function keepingFigures(now: Evaluation, before: Evaluation | null): Evaluation {
  if (!before || now.batch_id !== before.batch_id) return now;
  const drawn = now.figures.filter(({ loss }) => !isEstimated(now, loss));
  const kept = before.figures.filter((old) => !drawn.some((figure) => sameFigure(old, figure)));
  const others = now.figures.filter((figure) => ![...drawn, ...kept].some((known) => sameFigure(known, figure)));
  return { ...now, figures: [...drawn, ...kept, ...others] };
}

/** Whether the figures of a loss are older than its numbers. */
export function isEstimated(evaluation: Evaluation | undefined, loss: string): boolean {
  return evaluation?.losses[loss]?.estimated === true;
}

function sameFigure(a: FigureResult, b: FigureResult): boolean {
  return a.kind === b.kind && a.loss === b.loss && a.term === b.term;
}
