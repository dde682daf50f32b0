import { useLocalStorage } from "@mantine/hooks";
import { useMemo } from "react";
import {
  presetsFrom,
  type SavedPreset,
  type SavedPresets,
  withoutPreset,
  withPreset,
  withRenamed,
} from "../lib/presets";

/** The presets of a loss that this browser keeps, also those that another tab saves meanwhile. */
export function usePresets(loss: string) {
  const [text, setText] = useLocalStorage<string>({
    key: "mouse-presets",
    defaultValue: "{}",
    getInitialValueInEffect: false,
    serialize: (stored) => stored,
    deserialize: (stored) => stored ?? "{}",
  });
  const saved = useMemo(() => presetsFrom(text)[loss] ?? [], [text, loss]);
  const change = (make: (all: SavedPresets) => SavedPresets) =>
    setText((now) => JSON.stringify(make(presetsFrom(now))));
  return {
    saved,
    save: (preset: SavedPreset) => change((all) => withPreset(all, loss, preset)),
    rename: (from: string, to: string) => change((all) => withRenamed(all, loss, from, to)),
    remove: (name: string) => change((all) => withoutPreset(all, loss, name)),
  };
}
