import { useSyncExternalStore } from "react";
import {
  presetsFrom,
  type SavedPreset,
  type SavedPresets,
  withoutPreset,
  withPreset,
  withRenamed,
} from "../lib/presets";

const KEY = "mouse-presets";
const listeners = new Set<() => void>();
let presets: SavedPresets | null = null;

function all(): SavedPresets {
  presets ??= presetsFrom(stored());
  return presets;
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage is off: presets last as long as the page
  }
}

/** What another tab saved meanwhile is not overwritten: each change starts from what is stored now. */
function change(make: (now: SavedPresets) => SavedPresets): void {
  presets = make(presetsFrom(stored() ?? JSON.stringify(all())));
  try {
    localStorage.setItem(KEY, JSON.stringify(presets));
  } catch {
    // as above
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  const read = () => {
    presets = null;
    listener();
  };
  window.addEventListener("storage", read);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", read);
  };
}

/** The presets of a loss that this browser keeps. */
export function usePresets(loss: string) {
  const saved: readonly SavedPreset[] = useSyncExternalStore(subscribe, all)[loss] ?? [];
  return {
    saved,
    save: (preset: SavedPreset) => change((now) => withPreset(now, loss, preset)),
    rename: (from: string, to: string) => change((now) => withRenamed(now, loss, from, to)),
    remove: (name: string) => change((now) => withoutPreset(now, loss, name)),
  };
}
