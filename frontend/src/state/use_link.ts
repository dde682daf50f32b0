import { useSyncExternalStore } from "react";
import type { Link } from "../lib/link";
import { LinkStore } from "./link_store";

/** The one link of this page. */
export const linkStore = new LinkStore(window);

/** The link, or a part of it: who needs only a part is drawn anew only when that changes. */
export function useLink(): Link;
export function useLink<Part>(pick: (link: Link) => Part): Part;
export function useLink<Part>(pick?: (link: Link) => Part): Link | Part {
  return useSyncExternalStore(linkStore.subscribe, () => (pick ? pick(linkStore.get()) : linkStore.get()));
}
