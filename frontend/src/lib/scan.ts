import type { ScanInfo, ShardQuery } from "./types";

/** Shards on one page of the table. */
export const PAGE = 50;

export type SortBy = NonNullable<ShardQuery["sort"]>;
/** What the table of shards is narrowed to, and how it is sorted. */
export type ShardView = Required<Pick<ShardQuery, "sort" | "descending" | "search" | "state" | "check" | "offset">> & {
  readonly loss: string | null;
};

export const ALL_SHARDS: ShardView = {
  sort: "rank",
  descending: false,
  search: "",
  state: "all",
  check: "",
  offset: 0,
  loss: null,
};

/** Another click on a heading: the largest first, then the smallest first, then by rank again. */
export function sortedBy(view: ShardView, sort: SortBy): ShardView {
  const first = sort !== "name";
  if (view.sort !== sort) return { ...view, sort, descending: sort !== "rank" && first, offset: 0 };
  if (sort === "rank" || view.descending === !first) return { ...view, sort: "rank", descending: false, offset: 0 };
  return { ...view, descending: !view.descending, offset: 0 };
}

/** Which shard is looked at: the link's, else the one with the most that is wrong, if anything is. */
export function shardOf(shard: number | null, { shards, standing_out }: ScanInfo): number | null {
  if (shard !== null && shard < shards) return shard;
  return standing_out > 0 ? 0 : null;
}

/** "data/expert/" and "003.parquet": where a shard lies, and what it is called. */
export function addressParts(address: string): { folder: string; name: string } {
  const end = Math.max(address.lastIndexOf("/"), address.lastIndexOf("\\")) + 1;
  return { folder: address.slice(0, end), name: address.slice(end) };
}

/** "reward_other_than_0" and "dqn.loss" in words. */
export function quantityName(quantity: string): string {
  const names: Readonly<Record<string, string>> = { action: "actions", end: "kinds of ends" };
  if (quantity.endsWith(".loss")) return `${quantity.slice(0, -".loss".length)} loss`;
  return names[quantity] ?? quantity.replaceAll("_", " ");
}

/** "+12 %", or the difference where it was 0. */
export function changeText(before: number, now: number): string {
  if (!Number.isFinite(before) || !Number.isFinite(now)) return "";
  const [size, unit] = before === 0 ? [now, ""] : [(100 * (now - before)) / Math.abs(before), " %"];
  return `${size > 0 ? "+" : ""}${Number(size.toPrecision(3))}${unit}`;
}
