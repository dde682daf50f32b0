import { nonFiniteText } from "./health";
import type { Link } from "./link";
import { sliceOf } from "./link";
import { isFiniteNumber } from "./numbers";
import { areaAt } from "./places";
import type { BatchInfo, Lead, LossInfo, Numbers } from "./types";

/** A part of the total. */
export interface Share {
  readonly loss: LossInfo;
  /** From 0 to 1. */
  readonly share: number;
}

/** The parts that make up the total; null where there is no such thing, as in a total that is not finite. */
export function sharesOf(catalogue: readonly LossInfo[], numbers: Numbers): Share[] | null {
  const shares = catalogue.flatMap((loss) => {
    const share = numbers.losses[loss.name]?.share ?? null;
    return share === null ? [] : [{ loss, share }];
  });
  const sound = shares.length > 0 && shares.every(({ share }) => isFiniteNumber(share) && Number(share) >= 0);
  return sound ? shares.map(({ loss, share }) => ({ loss, share: Number(share) })) : null;
}

/** What a click on a fact shows. Its numbers are of the whole batch, so no slice but its own stays. */
export function linkOf(lead: Lead): Partial<Link> {
  const { loss, term, panel, slice, place } = lead;
  return {
    loss,
    term: term ?? null,
    component: 0,
    zoom: null,
    slice: sliceOf(slice ?? null),
    ...(panel && { panel }),
    ...(place && { selected: areaAt(place) }),
  };
}

/** Types of the fields, each once. */
export function dtypesOf({ fields }: BatchInfo): string[] {
  return [...new Set(fields.map(({ dtype }) => dtype))].sort();
}

/** Part of the actions that q_star marks invalid by -inf; null without q_star. */
export function invalidShare({ fields }: BatchInfo): number | null {
  const field = fields.find(({ group, name }) => group === "step_stream" && name === "q_star");
  const entries = field?.shape.reduce((product, size) => product * size, 1);
  return field && entries ? field.neg_inf / entries : null;
}

/** What a field holds that it should not: only in q_star does a -inf mean something. */
export function notFinite({ fields }: BatchInfo): { name: string; text: string }[] {
  return fields
    .map((field) => ({
      name: field.name,
      text: nonFiniteText(field.name === "q_star" ? { ...field, neg_inf: 0 } : field),
    }))
    .filter(({ text }) => text !== "");
}
