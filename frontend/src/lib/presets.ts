import type { Config } from "./types";

/** A configuration of one loss under a name: the fields that differ from their defaults. */
export interface SavedPreset {
  readonly name: string;
  readonly config: Config;
}

export type SavedPresets = Readonly<Record<string, readonly SavedPreset[]>>;

/** With a preset added, in the order of their names; one of that name is overwritten. */
export function withPreset(all: SavedPresets, loss: string, preset: SavedPreset): SavedPresets {
  const others = of(all, loss).filter(({ name }) => name !== preset.name);
  return { ...all, [loss]: [...others, preset].sort((a, b) => a.name.localeCompare(b.name)) };
}

export function withoutPreset(all: SavedPresets, loss: string, name: string): SavedPresets {
  return { ...all, [loss]: of(all, loss).filter((preset) => preset.name !== name) };
}

/** With another name for a preset; one that had it before is overwritten. */
export function withRenamed(all: SavedPresets, loss: string, from: string, to: string): SavedPresets {
  const preset = of(all, loss).find(({ name }) => name === from);
  return preset ? withPreset(withoutPreset(all, loss, from), loss, { ...preset, name: to }) : all;
}

/** What was stored as text, as far as it is presets: it may come from another version, or from a person. */
export function presetsFrom(text: string | null): SavedPresets {
  return Object.fromEntries(
    Object.entries(asRecord(parse(text))).map(([loss, list]) => [
      loss,
      Array.isArray(list) ? list.filter(isPreset) : [],
    ]),
  );
}

/** Whether two configurations are the same, in whatever order their fields stand. */
export function sameConfig(a: Config, b: Config): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => name in b && Object.is(a[name], b[name]));
}

function of(all: SavedPresets, loss: string): readonly SavedPreset[] {
  return all[loss] ?? [];
}

function isPreset(value: unknown): value is SavedPreset {
  const { name, config } = asRecord(value);
  const kinds = ["number", "string", "boolean"];
  return (
    typeof name === "string" &&
    name !== "" &&
    isObject(config) &&
    Object.values(config).every((v) => kinds.includes(typeof v))
  );
}

function parse(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "{}");
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asRecord(value: unknown): Record<string, unknown> {
  return isObject(value) ? (value as Record<string, unknown>) : {};
}
