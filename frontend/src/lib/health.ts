import { count } from "./sizes";

/** Non-finite counts of a tensor, by kind. */
export interface NonFinite {
  readonly nan: number;
  readonly pos_inf: number;
  readonly neg_inf: number;
}

export function nonFiniteCount({ nan, pos_inf, neg_inf }: NonFinite): number {
  return nan + pos_inf + neg_inf;
}

/** "3 NaN, 1 +inf", the kinds that occur; "" when all is finite. */
export function nonFiniteText({ nan, pos_inf, neg_inf }: NonFinite): string {
  const kinds: [number, string][] = [
    [nan, "NaN"],
    [pos_inf, "+inf"],
    [neg_inf, "-inf"],
  ];
  return kinds.flatMap(([n, kind]) => (n > 0 ? [`${count(n)} ${kind}`] : [])).join(", ");
}
