import { type View, wholeOf } from "../lib/view";
import { linkStore } from "./use_link";

/** Selects all there is, of which the server picks the one where the term on screen is farthest from zero. */
export function selectLargest(view: View): void {
  linkStore.update({ selected: wholeOf(view) });
}
