import type { Link } from "./link";

/** A tab of the strip that is of the batch, not of one loss. */
export interface BatchTab {
  readonly name: string;
  readonly title: string;
  /** What stands there, in a few words. */
  readonly note: string;
}

/** What a link shows that names no loss. */
export const OVERVIEW = "overview";

/** Those that there are; in a link they stand where a loss would. */
export const BATCH_TABS: readonly BatchTab[] = [
  { name: OVERVIEW, title: "Overview", note: "where to look first" },
  { name: "data", title: "Data", note: "the batch as it is" },
];

/** The tab of the batch that a link shows; null when it shows a loss. */
export function batchTabOf({ loss }: Pick<Link, "loss">): string | null {
  return loss === null ? OVERVIEW : (BATCH_TABS.find(({ name }) => name === loss)?.name ?? null);
}
