import { useSyncExternalStore } from "react";

/** What a key can open above the page; at most one at a time. */
export type Overlay = "batches" | "keys";

let opened: Overlay | null = null;
const listeners = new Set<() => void>();

export function openOverlay(next: Overlay | null): void {
  opened = next;
  for (const listener of listeners) listener();
}

/** Whether anything is open, or about to be. */
export function overlayOpen(): boolean {
  return opened !== null;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether it is open, and what opens and closes it. */
export function useOverlay(name: Overlay): readonly [boolean, (open: boolean) => void] {
  const isOpen = useSyncExternalStore(subscribe, () => opened === name);
  return [isOpen, (open) => openOverlay(open ? name : null)];
}
