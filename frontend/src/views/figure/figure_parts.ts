import type { FigureResult } from "../../lib/types";

type Json = Readonly<Record<string, unknown>>;

/** The traces and the layout of a figure, whatever it lacks being empty. */
export function figureParts({ figure }: FigureResult): { data: readonly Json[]; layout: Json } {
  const { data, layout } = (figure ?? {}) as { data?: readonly Json[]; layout?: Json };
  return { data: data ?? [], layout: layout ?? {} };
}
