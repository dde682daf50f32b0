import type { Area } from "./ranges";
import type { FigureResult } from "./types";

/** How many rows and steps one cell of a map spans. */
export interface CellSize {
  readonly rows: number;
  readonly steps: number;
}

export function cellSize({ cell }: FigureResult): CellSize {
  return { rows: cell?.[0] ?? 1, steps: cell?.[1] ?? 1 };
}

export function isPooled(size: CellSize): boolean {
  return size.rows > 1 || size.steps > 1;
}

/** The part of the batch that a map shows. */
export function areaOf(result: FigureResult): Area {
  return { rows: result.rows, steps: result.steps };
}
