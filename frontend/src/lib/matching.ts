import type { BatchSummary } from "./types";

/** The batches whose name holds every word of what is wanted, in any order, or whose id begins with it. */
export function matching(list: readonly BatchSummary[], wanted: string): BatchSummary[] {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  return list.filter(({ name, id }) => {
    const low = name.toLowerCase();
    return words.every((word) => low.includes(word)) || (words.length === 1 && id.startsWith(words[0] ?? ""));
  });
}
