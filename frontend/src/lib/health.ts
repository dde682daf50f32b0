import { count } from "./sizes";

/** How many values of a tensor are not finite, each kind apart. */
export interface NonFinite {
  readonly nan: number;
  readonly pos_inf: number;
  readonly neg_inf: number;
}

export function badCount({ nan, pos_inf, neg_inf }: NonFinite): number {
  return nan + pos_inf + neg_inf;
}

/** "3 NaN, 1 +inf", the kinds that occur; "" when all is finite. */
export function badText({ nan, pos_inf, neg_inf }: NonFinite): string {
  const kinds: [number, string][] = [
    [nan, "NaN"],
    [pos_inf, "+inf"],
    [neg_inf, "-inf"],
  ];
  return kinds.flatMap(([n, kind]) => (n > 0 ? [`${count(n)} ${kind}`] : [])).join(", ");
}
