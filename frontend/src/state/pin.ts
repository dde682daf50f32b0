import { linkStore } from "./use_link";

/** Keeps what is live now to compare with: its configuration, and its batch in case another one is opened. */
export function pin(): void {
  const { batch, configs } = linkStore.get();
  if (batch) linkStore.update({ pinned: { batch, configs }, side: "live" });
}
