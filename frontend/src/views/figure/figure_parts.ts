import type { FigureResult } from "../../lib/types";

/** Default height of a figure, in pixels. */
const HEIGHT = 240;

/** The requested height of a figure; a table has its natural height. */
export function heightOf(result: FigureResult | null): string {
  if (result?.table) return "auto";
  const { height } = figureParts(result).layout;
  return `${typeof height === "number" ? height : HEIGHT}px`;
}

type Json = Readonly<Record<string, unknown>>;

/** The traces and the layout of a figure; missing parts are empty. */
export function figureParts(result: FigureResult | null): { data: readonly Json[]; layout: Json } {
  const { data, layout } = (result?.figure ?? {}) as { data?: readonly Json[]; layout?: Json };
  return { data: data ?? [], layout: layout ?? {} };
}
