import { count, counted } from "./sizes";
import type { BatchInfo, Mapping } from "./types";

type Sized = Pick<BatchInfo, "B" | "S" | "transitions"> & { readonly mapped_from?: MadeBy | null };
/** The mapping that a batch was made by. */
type MadeBy = { readonly mapping: Pick<Mapping, "length"> };

/** Whether the sequences of a batch are windows that were cut out of a file: what is counted in them is not the file's. */
export function isCut({ transitions, mapped_from }: Sized): boolean {
  return !transitions && mapped_from?.mapping.length != null;
}

/** The unit of a batch's rows: steps of sequences, or unordered transitions or items, which form no episode. */
export function rowNoun({ S, transitions }: Sized): "step" | "transition" | "item" {
  if (transitions) return "transition";
  return S === 1 ? "item" : "step";
}

/** How large a batch is, in the words for what its rows are: "16 sequences of 64 steps". */
export function sizeOf(batch: Sized): string {
  const noun = rowNoun(batch);
  if (noun !== "step") return counted(batch.B, noun);
  return `${counted(batch.B, isCut(batch) ? "window" : "sequence")} of ${counted(batch.S, noun)}`;
}

/** The same where there is little room: "4,096 transitions", or "16 × 64". */
export function shortSizeOf({ B, S, transitions }: Sized): string {
  return transitions ? counted(B, "transition") : `${count(B)} × ${count(S)}`;
}
