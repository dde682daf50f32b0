/** The entries whose name holds every word of what is wanted, in any order, or whose id begins with it. */
export function matching<Entry extends { readonly name: string; readonly id: string }>(
  list: readonly Entry[],
  wanted: string,
): Entry[] {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  return list.filter(({ name, id }) => {
    const low = name.toLowerCase();
    return words.every((word) => low.includes(word)) || (words.length === 1 && id.startsWith(words[0] ?? ""));
  });
}
