import { count, counted } from "./sizes";

/** What the size of a batch is told by. */
interface Sized {
  readonly B: number;
  readonly S: number;
  readonly transitions: boolean;
}

/** "4,096 transitions", or "16 sequences of 64 steps". */
export function sizeOf({ B, S, transitions }: Sized): string {
  return transitions ? counted(B, "transition") : `${counted(B, "sequence")} of ${counted(S, "step")}`;
}

/** The same where there is little room: "4,096 transitions", or "16 × 64". */
export function shortSizeOf({ B, S, transitions }: Sized): string {
  return transitions ? counted(B, "transition") : `${count(B)} × ${count(S)}`;
}
