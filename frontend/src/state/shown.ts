import { useEffect } from "react";
import type { LossInfo, Transition } from "../lib/types";
import type { View } from "../lib/view";
import type { Answer } from "./use_evaluation";

/** What is on screen, for whoever copies or saves it: one answer, and the transition under its configs. */
export interface Shown {
  readonly view: View;
  readonly catalogue: readonly LossInfo[];
  readonly answer: Answer;
  readonly transition: Transition | null;
}

let now: Shown | null = null;

/** Null while the first answer for a batch is awaited. */
export function shown(): Shown | null {
  return now;
}

/** Tells what the workbench shows, for as long as it does. */
export function useShown(next: Shown | null): void {
  useEffect(() => {
    now = next;
  });
  useEffect(
    () => () => {
      now = null;
    },
    [],
  );
}
