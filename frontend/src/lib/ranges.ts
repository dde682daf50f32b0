import type { Range } from "./types";

/** A rectangle of transitions: half-open ranges of rows and steps. */
export interface Area {
  readonly rows: Range;
  readonly steps: Range;
}

/** An axis range as a plot gives it (cell i spans i - 0.5 to i + 0.5, either way round) as the cells it touches. */
export function cellsWithin(first: number, last: number, whole: Range): Range {
  const low = Math.max(whole[0], Math.floor(Math.min(first, last) + 0.5));
  const high = Math.min(whole[1], Math.ceil(Math.max(first, last) + 0.5));
  return high > low ? [low, high] : whole;
}

/** The pooled cell that holds an index, when a range was cut into cells of equal length from its start. */
export function cellAround(index: number, size: number, whole: Range): Range {
  const start = whole[0] + Math.floor((index - whole[0]) / size) * size;
  return [start, Math.min(start + size, whole[1])];
}

/** An area grown to the pooled cells that hold it. */
export function cellsAround(area: Area, size: { rows: number; steps: number }, whole: Area): Area {
  const around = (range: Range, length: number, limits: Range): Range => [
    cellAround(range[0], length, limits)[0],
    cellAround(range[1] - 1, length, limits)[1],
  ];
  return { rows: around(area.rows, size.rows, whole.rows), steps: around(area.steps, size.steps, whole.steps) };
}

/** Moves a cell by a number of cells, clamped to the whole range. */
export function moveCell(cell: Range, by: number, size: number, whole: Range): Range {
  const middle = Math.min(Math.max(cell[0] + by * size, whole[0]), whole[1] - 1);
  return cellAround(middle, size, whole);
}

/** A range of a fraction of the length around a centre, at least one long and within the limits. */
export function zoomed(range: Range, factor: number, centre: number, limits: Range): Range {
  const length = Math.min(Math.max(Math.round((range[1] - range[0]) * factor), 1), limits[1] - limits[0]);
  const start = Math.min(Math.max(Math.round(centre - length / 2), limits[0]), limits[1] - length);
  return [start, start + length];
}

/** The part of an area that lies within another; null when nothing does. */
export function clipped(area: Area | null, whole: Area): Area | null {
  if (!area) return null;
  const rows = overlap(area.rows, whole.rows);
  const steps = overlap(area.steps, whole.steps);
  return rows && steps ? { rows, steps } : null;
}

function overlap(a: Range, b: Range): Range | null {
  const [low, high] = [Math.max(a[0], b[0]), Math.min(a[1], b[1])];
  return high > low ? [low, high] : null;
}

/** "row 3", or "rows 0 to 31": what a half-open range holds, ends included. */
export function rangeText(range: Range, noun: string): string {
  return range[1] - range[0] === 1 ? `${noun} ${range[0]}` : `${noun}s ${range[0]} to ${range[1] - 1}`;
}
