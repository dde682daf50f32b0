import { linkStore } from "./use_link";

/** Shows a batch, or the newest one; what is chosen within a batch stays behind, what is pinned comes along. */
export function openBatch(id: string | null): void {
  linkStore.update({ batch: id, snapshot: null, zoom: null, selected: null, slice: null });
}
