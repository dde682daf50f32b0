import type { FigureTable } from "./types";

/** How a table is sorted: by which column, and which way. Null: as it came. */
export interface Sorting {
  readonly column: number;
  readonly descending: boolean;
}

/** The order of a table's rows. What is not finite comes first either way, as it is what to look at first. */
export function orderOf({ rows }: FigureTable, sorting: Sorting | null): number[] {
  const order = rows.map((_, index) => index);
  if (!sorting) return order;
  const keys = rows.map((row) => Number(row[sorting.column]));
  return order.sort((a, b) => compared(keys[a] ?? 0, keys[b] ?? 0, sorting.descending) || a - b);
}

/** What another click on a heading does: largest first, then smallest first, then as it came. */
export function nextSorting(sorting: Sorting | null, column: number): Sorting | null {
  if (sorting?.column !== column) return { column, descending: true };
  return sorting.descending ? { column, descending: false } : null;
}

function compared(a: number, b: number, descending: boolean): number {
  const [odd, other] = [!Number.isFinite(a), !Number.isFinite(b)];
  if (odd || other) return Number(other) - Number(odd);
  return descending ? b - a : a - b;
}
