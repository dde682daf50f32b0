import type { FigureResult } from "../../lib/types";

/** Height of a figure that asks for none, in pixels. */
const HEIGHT = 240;

/** The height that a figure asks for; a table takes what it needs. */
export function heightOf(result: FigureResult | null): string {
  if (result?.table) return "auto";
  const { height } = figureParts(result).layout;
  return `${typeof height === "number" ? height : HEIGHT}px`;
}

type Json = Readonly<Record<string, unknown>>;

/** The traces and the layout of a figure, whatever it lacks being empty. */
export function figureParts(result: FigureResult | null): { data: readonly Json[]; layout: Json } {
  const { data, layout } = (result?.figure ?? {}) as { data?: readonly Json[]; layout?: Json };
  return { data: data ?? [], layout: layout ?? {} };
}
