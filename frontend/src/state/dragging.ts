import { useSyncExternalStore } from "react";

let dragging = false;
const listeners = new Set<() => void>();

/** Says that a slider is being dragged, or no longer: meanwhile only what is seen at once is asked for. */
export function setDragging(now: boolean): void {
  if (dragging === now) return;
  dragging = now;
  for (const listener of listeners) listener();
}

export function isDragging(): boolean {
  return dragging;
}

export function useDragging(): boolean {
  return useSyncExternalStore(subscribe, isDragging);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
