import type { Transition } from "../lib/types";
import type { EvaluationResult } from "./evaluations";
import { store } from "./page";
import type { Screen } from "./store";

/** What is on screen, for whoever copies or saves it: one result, and the transition under its configs. */
export interface ScreenSnapshot extends Screen {
  readonly result: EvaluationResult;
  readonly transition: Transition | null;
}

/** Null while the first result for a batch is awaited; what stands in meanwhile is another snapshot's. */
export function screenSnapshot(): ScreenSnapshot | null {
  const { screen, transition, evaluation } = store.getState();
  const { painted } = evaluation;
  const batch = screen?.view.batch.id;
  if (!screen || !painted || painted.request.batch !== batch) return null;
  return { ...screen, result: painted, transition: transition?.batch_id === batch ? transition : null };
}
