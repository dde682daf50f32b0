import type { Mapping, SourceField } from "./types";

/** Drops options that do not apply to the mapping's layout, so that hidden controls are never sent. */
export function dropUnusedOptions(mapping: Mapping): Mapping {
  const flat = mapping.layout === "flat";
  const { environment, num_envs, sequence, step } = mapping;
  const columns = { environment, num_envs: environment ? 1 : num_envs, sequence, step };
  const none = { environment: null, num_envs: 1, sequence: null, step: null };
  const windows = mapping.layout === "items" ? "within" : mapping.windows;
  return { ...mapping, ...(flat ? columns : none), windows };
}

/** The mapping with another source of a field, or with none. */
export function withSource(mapping: Mapping, target: string, source: string | null): Mapping {
  const { [target]: _, ...others } = mapping.fields ?? {};
  return { ...mapping, fields: source === null ? others : { ...others, [target]: source } };
}

/** The part of a mapping that a problem or question is about: "mapping.fields.reward" is about "fields.reward". */
export function partOf(field: string | null): string {
  return field?.replace(/^mapping\./, "") ?? "";
}

/** A field with its type and shape, as one line. */
export function describeField({ name, dtype, shape }: SourceField): string {
  return `${name} · ${dtype} [${shape.join(", ")}]`;
}

/** The parts of a mapping that list names in the file. */
export const LISTS = ["shifted", "inverted", "step_types", "left_out"] as const;

/** The targets that a field of the file is mapped to; empty if it is only kept. */
export function targetsOf(name: string, mapping: Mapping): string[] {
  const fields = Object.keys(mapping.fields ?? {}).filter((target) => mapping.fields?.[target] === name);
  const rest = (["environment", "sequence", "step"] as const).filter((part) => mapping[part] === name);
  const others = LISTS.filter((part) => mapping[part]?.includes(name));
  const after = Object.values(mapping.next_states ?? {}).includes(name) ? ["next_states"] : [];
  return [...fields, ...rest, ...after, ...others];
}

const NEXT_STATE = " → ";

/** A field and its next state, as one choice: "s → s2". */
export function nextStateLabel([own, after]: readonly [string, string]): string {
  return `${own}${NEXT_STATE}${after}`;
}

/** Every pair of fields of one type and shape, neither of which is mapped; those that are chosen in any case. */
export function nextStatePairs(mapping: Mapping, fields: readonly SourceField[]): string[] {
  const mapped = new Set(Object.values(mapping.fields ?? {}));
  const free = fields.filter((field) => !mapped.has(field.name));
  const pairs = free.flatMap((own) =>
    free.filter((after) => after !== own && isAlike(own, after)).map((after) => nextStateLabel([own.name, after.name])),
  );
  return [...new Set([...Object.entries(mapping.next_states ?? {}).map(nextStateLabel), ...pairs])];
}

/** The next state of each field, of the pairs that are chosen; of two for one field, the later. */
export function nextStates(chosen: readonly string[]): Record<string, string> {
  return Object.fromEntries(chosen.map((label) => label.split(NEXT_STATE, 2)));
}

function isAlike(one: SourceField, other: SourceField): boolean {
  return one.dtype === other.dtype && one.shape.join() === other.shape.join();
}
