import type { Configs, Side, SnapshotInfo } from "../../lib/types";
import { addressBar, currentLink } from "../page";

const NOT_PINNED = { pinned: null, side: "live" } as const;

/** Pins the live state to compare with: its configs, and its batch in case another one is opened. */
export function pinCurrent(): void {
  pinAndSet(currentLink().configs);
}

/** Pins the live state and goes on with other configs: one step back. */
export function pinAndSet(next: Configs): void {
  const { batch, snapshot, configs } = currentLink();
  if (batch) addressBar.change({ pinned: { batch, snapshot, configs }, side: "live", configs: next });
}

/** Pins another snapshot of a run, under the configs on screen. */
export function pinSnapshotOf(run: string, { batch_id, step }: Pick<SnapshotInfo, "batch_id" | "step">): void {
  const { configs } = currentLink();
  addressBar.change({ pinned: { batch: batch_id, snapshot: { run, step }, configs }, side: "live" });
}

export function unpin(): void {
  addressBar.change(NOT_PINNED);
}

/** Chooses whose values the map shows: the live ones, the pinned ones, or their difference. */
export function setSide(side: Side): void {
  addressBar.change({ side });
}

/** Drops slice and pinned state. */
export function showWholeBatch(): void {
  addressBar.change({ ...NOT_PINNED, slice: null });
}
