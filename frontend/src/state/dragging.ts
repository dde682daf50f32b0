let dragging = false;
const listeners = new Set<() => void>();

/** Says that a slider is being dragged: meanwhile only what is seen at once is asked for. */
export function startDragging(): void {
  dragging = true;
}

/** Says that it was let go. */
export function drop(): void {
  if (!dragging) return;
  dragging = false;
  for (const listener of listeners) listener();
}

export function isDragging(): boolean {
  return dragging;
}

/** Tells when a slider was let go; the result stops it. */
export function whenDropped(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
