import type { Link } from "./link";
import { type Area, clipped } from "./ranges";
import { placeNoun } from "./terms";
import type { Transition, TransitionRequest } from "./types";
import { fullArea, type View } from "./view";

/** The transition that the server picked of a pooled cell: the one where a term was farthest from zero. */
export interface Picked {
  readonly at: Area;
  readonly term: string;
  readonly of: number;
}

/** The transition that the response picked from a cell; null if there was only one or the term is off. */
export function pickedTransition({ term }: TransitionRequest, transition: Transition): Picked | null {
  const off = transition.terms.every(({ name, value }) => name !== term || value === null);
  return off || transition.chosen_from === 1 ? null : { at: selectionOf(transition), term, of: transition.chosen_from };
}

/** The transition of a response, as a selection. */
export function selectionOf({ row, step }: Pick<Transition, "row" | "step">): Area {
  return { rows: [row, row + 1], steps: [step, step + 1] };
}

export function sameArea(a: Area | null, b: Area | null): boolean {
  return JSON.stringify([a?.rows, a?.steps]) === JSON.stringify([b?.rows, b?.steps]);
}

/** Why nothing can be shown of a selection; null when something can, or nothing is selected. */
export function selectionProblem({ selected }: Pick<Link, "selected">, view: View): string | null {
  const whole = fullArea(view);
  if (!selected || clipped(selected, whole)) return null;
  const noun = placeNoun(view.loss);
  const last = noun === "transition" && selected.steps[0] === whole.steps[1] && selected.rows[0] < whole.rows[1];
  return last
    ? "No transition starts at the last step. Select another one."
    : `The selection is outside this batch. Select another ${noun}.`;
}
