import type { Mapping, SourceField } from "./types";

/** A mapping without what means nothing in its layout, so that the server is never told of hidden controls. */
export function consistent(mapping: Mapping): Mapping {
  const flat = mapping.layout === "flat";
  const { environment, num_envs, sequence, step } = mapping;
  const columns = { environment, num_envs: environment ? 1 : num_envs, sequence, step };
  const none = { environment: null, num_envs: 1, sequence: null, step: null };
  const windows = mapping.layout === "items" || (!flat && mapping.windows === "across") ? "within" : mapping.windows;
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
export function described({ name, dtype, shape }: SourceField): string {
  return `${name} · ${dtype} [${shape.join(", ")}]`;
}

/** The parts of a mapping that list names in the file. */
export const LISTS = ["shifted", "inverted", "step_types", "left_out"] as const;

/** What a field of the file is chosen for; nothing where it is only carried along. */
export function takenAs(name: string, mapping: Mapping): string[] {
  const fields = Object.keys(mapping.fields ?? {}).filter((target) => mapping.fields?.[target] === name);
  const rest = (["environment", "sequence", "step"] as const).filter((part) => mapping[part] === name);
  const others = LISTS.filter((part) => mapping[part]?.includes(name));
  return [...fields, ...rest, ...others];
}
