import type { Area } from "./ranges";
import type { FigureResult, Range } from "./types";

type Folded = Pick<FigureResult, "fold" | "rows" | "steps">;

/** The row that a point of a folded map stands for: its line begins with y, and x counts on from there. */
export function rowAt(x: number, y: number): number {
  return Math.floor(y + x);
}

/** The rows of all lines that a part of a folded map touches. */
export function rowsWithin(y: readonly [number, number], { fold, rows }: Folded): Range {
  const line = fold ?? 1;
  const lines = y.map((at) => Math.round((at - rows[0]) / line));
  const low = Math.max(rows[0], rows[0] + Math.min(...lines) * line);
  const high = Math.min(rows[1], rows[0] + (Math.max(...lines) + 1) * line);
  return high > low ? [low, high] : rows;
}

/** Where some rows are drawn in a folded map: one box for each line, in the map's own coordinates. */
export function boxesOf({ rows: [start, stop] }: Area, { fold, rows }: Folded): Area[] {
  const line = fold ?? 1;
  const boxes: Area[] = [];
  for (let at = start; at < stop; ) {
    const first = rows[0] + Math.floor((at - rows[0]) / line) * line;
    const end = Math.min(stop, first + line);
    const top = first - line / 2 + 0.5;
    boxes.push({ steps: [at - first, end - first], rows: [top, top + line] });
    at = end;
  }
  return boxes;
}
