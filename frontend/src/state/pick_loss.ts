import type { Link } from "../lib/link";
import { OVERVIEW } from "../lib/tabs";
import { linkStore } from "./use_link";

type TermChoice = Pick<Link, "term" | "component">;

const FIRST: TermChoice = { term: null, component: 0 };

/** Which term each loss showed when it was left. */
const left = new Map<string, TermChoice>();

/** Goes from one tab to another, to the term that was last looked at there. */
export function pickLoss(from: string, to: string): void {
  const { term, component } = linkStore.get();
  if (from === to) return;
  left.set(from, { term, component });
  linkStore.update({ loss: to === OVERVIEW ? null : to, ...(left.get(to) ?? FIRST) });
}
