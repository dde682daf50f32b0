import { useEffect } from "react";

type Walk = (by: number) => void;

let walk: Walk | null = null;

/** Says how keys go from snapshot to snapshot, for as long as a run is on screen. */
export function useRunOnScreen(next: Walk): void {
  useEffect(() => {
    walk = next;
    return () => {
      walk = null;
    };
  });
}

/** False when there is no run to go through. */
export function walkRun(by: number): boolean {
  walk?.(by);
  return walk !== null;
}
