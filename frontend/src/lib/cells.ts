import type { Area } from "./ranges";
import type { FigureResult } from "./types";

/** How many rows and steps one cell of a map spans. */
export interface CellSize {
  readonly rows: number;
  readonly steps: number;
}

/** Read off the map's first trace: cells lie evenly, `dy` rows and `dx` steps apart. */
export function cellSize(result: FigureResult): CellSize {
  const traces = result.figure?.data;
  const trace: unknown = Array.isArray(traces) ? traces[0] : null;
  return { rows: spacing(trace, "dy"), steps: spacing(trace, "dx") };
}

export function pooled(size: CellSize): boolean {
  return size.rows > 1 || size.steps > 1;
}

/** The part of the batch that a map shows. */
export function areaOf(result: FigureResult): Area {
  return { rows: result.rows, steps: result.steps };
}

function spacing(trace: unknown, key: string): number {
  const value = typeof trace === "object" && trace !== null ? (trace as Record<string, unknown>)[key] : 1;
  return typeof value === "number" && value >= 1 ? Math.round(value) : 1;
}
