import { useEffect } from "react";
import type { LossInfo, Transition } from "../lib/types";
import type { View } from "../lib/view";
import { type Answer, evaluations } from "./use_evaluation";

interface Seen {
  readonly view: View;
  readonly catalogue: readonly LossInfo[];
}

/** What is on screen, for whoever copies or saves it: one answer, and the transition under its configs. */
export interface Shown extends Seen {
  readonly answer: Answer;
  readonly transition: Transition | null;
}

let seen: Seen | null = null;
let selected: Transition | null = null;

/** Null while the first answer for a batch is awaited; what stands in meanwhile is another snapshot's. */
export function shown(): Shown | null {
  const { drawn } = evaluations.get();
  const batch = seen?.view.batch.id;
  if (!seen || !drawn || drawn.question.batch !== batch) return null;
  return { ...seen, answer: drawn, transition: selected?.batch_id === batch ? selected : null };
}

/** Tells what the workbench shows, for as long as it does. */
export function useSeen(next: Seen | null): void {
  useEffect(() => {
    seen = next;
    return () => {
      seen = null;
    };
  });
}

/** Tells which transition is on screen, for as long as it is. */
export function useShownTransition(next: Transition | null): void {
  useEffect(() => {
    selected = next;
    return () => {
      selected = null;
    };
  }, [next]);
}
