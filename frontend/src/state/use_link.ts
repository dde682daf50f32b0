import { useSyncExternalStore } from "react";
import type { Link } from "../lib/link";
import { LinkStore } from "./link_store";

/** The one link of this page. */
export const linkStore = new LinkStore(window);

export function useLink(): Link {
  return useSyncExternalStore(linkStore.subscribe, linkStore.get);
}
