import type { FigureTable } from "./types";

/** The sorting of a table: column and direction. Null: original order. */
export interface Sorting {
  readonly column: number;
  readonly descending: boolean;
}

/** The order of a table's rows. Non-finite values come first in both directions, since they matter most. */
export function orderOf({ rows }: FigureTable, sorting: Sorting | null): number[] {
  const order = rows.map((_, index) => index);
  if (!sorting) return order;
  const keys = rows.map((row) => Number(row[sorting.column]));
  return order.sort((a, b) => compared(keys[a] ?? 0, keys[b] ?? 0, sorting.descending) || a - b);
}

/** The next sorting after a click on a heading: descending, ascending, original order. */
export function nextSorting(sorting: Sorting | null, column: number): Sorting | null {
  if (sorting?.column !== column) return { column, descending: true };
  return sorting.descending ? { column, descending: false } : null;
}

function compared(a: number, b: number, descending: boolean): number {
  const [odd, other] = [!Number.isFinite(a), !Number.isFinite(b)];
  if (odd || other) return Number(other) - Number(odd);
  return descending ? b - a : a - b;
}
