import { useEffect, useSyncExternalStore } from "react";

/** What a key can open above the page; at most one at a time. */
export type Overlay = "batches" | "runs" | "keys";

let opened: Overlay | null = null;
/** Those that are on the page: a key opens no other. */
const there = new Set<Overlay>();
const listeners = new Set<() => void>();

export function openOverlay(next: Overlay | null): void {
  opened = next && there.has(next) ? next : null;
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
  useEffect(() => {
    there.add(name);
    return () => {
      there.delete(name);
      if (opened === name) openOverlay(null);
    };
  }, [name]);
  const isOpen = useSyncExternalStore(subscribe, () => opened === name);
  return [isOpen, (open) => openOverlay(open ? name : null)];
}
