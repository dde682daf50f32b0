import type { Evaluation, FigureResult } from "./types";

/** Merges a brief response with figures of the previous one: those off screen, and those that wait for exact values. */
export function keepPreviousFigures(now: Evaluation, before: Evaluation | null): Evaluation {
  if (!before || now.batch_id !== before.batch_id) return now;
  const drawn = now.figures.filter(({ loss, estimated }) => estimated || !isEstimated(now, loss));
  const kept = before.figures.filter((old) => !drawn.some((figure) => sameFigure(old, figure)));
  const others = now.figures.filter((figure) => ![...drawn, ...kept].some((known) => sameFigure(known, figure)));
  return { ...now, figures: [...drawn, ...kept, ...others] };
}

/** Whether the numbers of a loss are an estimate; figures of it that are none are older. */
export function isEstimated(evaluation: Evaluation | undefined, loss: string): boolean {
  return evaluation?.losses[loss]?.estimated === true;
}

function sameFigure(a: FigureResult, b: FigureResult): boolean {
  return a.kind === b.kind && a.loss === b.loss && a.term === b.term;
}
