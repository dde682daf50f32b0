import { sliceOf } from "./link";
import type { Area } from "./ranges";
import type { FigureTable, Slice } from "./types";

/** The transition that a point of a figure stands for: the first two numbers attached to it. Null for other points. */
export function placeOf(customdata: unknown): readonly [row: number, step: number] | null {
  const [row, step] = Array.from((customdata ?? []) as ArrayLike<unknown>, Number);
  return Number.isInteger(row) && Number.isInteger(step) ? [row as number, step as number] : null;
}

/** The class of transitions that a bar of a figure stands for: the text attached to it. Null for other points. */
export function sliceAt(customdata: unknown): Slice | null {
  const [first] = Array.isArray(customdata) ? (customdata as unknown[]) : [];
  return typeof first === "string" ? sliceOf(first) : null;
}

/** One transition as an area. */
export function areaAt([row, step]: readonly [number, number]): Area {
  return { rows: [row, row + 1], steps: [step, step + 1] };
}

/** Whether an area holds a transition. */
export function containsPlace(area: Area | null, [row, step]: readonly [number, number]): boolean {
  return area !== null && within(row, area.rows) && within(step, area.steps);
}

function within(index: number, [start, stop]: readonly [number, number]): boolean {
  return start <= index && index < stop;
}

/** Where a row of a table is, in the words of its first columns: "sequence 3, step 7", or "item 3". */
export function placeLabel(columns: FigureTable["columns"], [row, step]: readonly number[]): string {
  const [first, second] = columns.map(({ name }) => name);
  return first === "item" ? `item ${row}` : `sequence ${row}, ${second} ${step}`;
}
