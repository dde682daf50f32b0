import type { BatchInfo, LossInfo, TermInfo } from "./types";

/** Terms of one shape under one heading, in order of computation. */
export interface TermGroup {
  readonly title: string;
  readonly terms: readonly TermInfo[];
}

/** A loss's terms by what they have beside batch and time: nothing, actions, dimensions; those without a name apart. */
export function groupsOf(loss: LossInfo): TermGroup[] {
  const groups = new Map<string, TermInfo[]>();
  for (const term of loss.terms) {
    const key = groupTitle(term, loss);
    groups.set(key, [...(groups.get(key) ?? []), term]);
  }
  return [...groups].map(([title, terms]) => ({ title, terms }));
}

function groupTitle({ kind, dims }: TermInfo, loss: LossInfo): string {
  if (loss.file !== null && kind !== "term") return kind === "gradient" ? "gradient of the loss" : "without a name";
  const beyond = dims.slice(2).join(" x ");
  return `per ${beyond || nounOf(dims)}`;
}

function nounOf(dims: readonly string[]): string {
  return dims[1] === "time" ? "transition" : (dims[1] ?? "step");
}

/** What one place of a loss's terms is: a transition from step t to t + 1, a step, or an item without order. */
export function placeNoun(loss: LossInfo): "transition" | "step" | "item" {
  const whole = loss.terms.find(({ name }) => name === "loss") ?? loss.terms[0];
  const unit = whole?.dims[1];
  return unit === "time" ? "transition" : unit === "item" ? "item" : "step";
}

/** The initial term of a view: the requested one if the loss has it, else the loss itself. */
export function termOf(loss: LossInfo, name: string | null): TermInfo | undefined {
  return (
    loss.terms.find((term) => term.name === name) ??
    loss.terms.find((term) => term.name === "loss") ??
    loss.terms.at(-1)
  );
}

/** How many components a term with a third dimension has in this batch; 1 for a term without. */
export function componentsOf(term: TermInfo, loss: LossInfo, batch: BatchInfo): number {
  const dim = term.dims[2];
  if (!dim) return 1;
  if (term.components !== null) return term.components;
  const axis = dim === "dim" ? 3 : 2;
  const needed = [...(loss.needs.out ?? []), ...(loss.needs.step_stream ?? [])];
  const shapes = batch.fields.filter((field) => needed.includes(field.name)).map((field) => field.shape);
  return shapes.find((shape) => shape.length > axis)?.[axis] ?? 1;
}
