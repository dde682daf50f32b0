import type { Configs } from "../lib/types";
import { linkStore } from "./use_link";

/** Keeps what is live now to compare with: its configuration, and its batch in case another one is opened. */
export function pin(): void {
  pinAndSet(linkStore.get().configs);
}

/** The same, going on with other configs: one step back. */
export function pinAndSet(next: Configs): void {
  const { batch, snapshot, configs } = linkStore.get();
  if (batch) linkStore.update({ pinned: { batch, snapshot, configs }, side: "live", configs: next });
}
