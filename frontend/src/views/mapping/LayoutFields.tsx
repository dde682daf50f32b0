import { NumberInput, SegmentedControl, Select } from "@mantine/core";
import { describeField } from "../../lib/mapping";
import type { Mapping } from "../../lib/types";
import { useMappingForm } from "../../state/use_mapping";
import styles from "./Mapping.module.css";
import { Part, PartMessage, type PartProps } from "./Part";

const LAYOUTS: readonly { value: NonNullable<Mapping["layout"]>; label: string }[] = [
  { value: "sequences", label: "[sequence, step]" },
  { value: "time_major", label: "[step, sequence]" },
  { value: "flat", label: "[row], in order of time" },
  { value: "transitions", label: "[transition], in any order" },
  { value: "items", label: "[item], without time" },
];
const WINDOWS: readonly { value: NonNullable<Mapping["windows"]>; label: string }[] = [
  { value: "within", label: "within" },
  { value: "across", label: "across" },
  { value: "chained", label: "chained" },
];
/** What happens if no field of the file is mapped to these. */
const NONE = { environment: "one environment", sequence: "one stream", step: "as in the file" } as const;

/** The layout of the rows in the file, and the windows that they are cut into. */
export function LayoutFields({ mapping, set, messages, fields }: PartProps) {
  const doc = useDocs();
  const columns = fields.map((field) => ({ value: field.name, label: describeField(field) }));
  const column = (name: keyof typeof NONE) => (
    <Part name={name} doc={doc(name)} message={messages.get(name)}>
      <Select
        size="xs"
        className={styles.control}
        data={columns}
        value={mapping[name] ?? null}
        onChange={(value) => set({ ...mapping, [name]: value })}
        placeholder={NONE[name]}
        clearable
        searchable
        aria-label={name}
      />
    </Part>
  );
  return (
    <div className={styles.group}>
      <Part name="layout" doc={doc("layout")} message={messages.get("layout")}>
        <Select
          size="xs"
          className={styles.control}
          data={[...LAYOUTS]}
          value={mapping.layout ?? null}
          onChange={(layout) => layout && set({ ...mapping, layout: layout as NonNullable<Mapping["layout"]> })}
          allowDeselect={false}
          aria-label="layout"
        />
      </Part>
      {mapping.layout === "flat" && column("environment")}
      {mapping.layout === "flat" && !mapping.environment && (
        <Part name="num_envs" doc={doc("num_envs")} message={messages.get("num_envs")}>
          <NumberInput
            size="xs"
            className={styles.control}
            value={mapping.num_envs ?? 1}
            onChange={(value) => set({ ...mapping, num_envs: typeof value === "number" ? value : 1 })}
            min={1}
            allowDecimal={false}
            aria-label="num_envs"
          />
        </Part>
      )}
      {mapping.layout === "flat" && column("sequence")}
      {mapping.layout === "flat" && column("step")}
      {isOrdered(mapping) && (
        <Part name="windows" doc={doc("windows")} message={messages.get("windows")}>
          <SegmentedControl
            size="xs"
            className={styles.control}
            data={[...WINDOWS]}
            value={mapping.windows}
            onChange={(windows) => set({ ...mapping, windows })}
            aria-label="windows"
          />
        </Part>
      )}
      {isOrdered(mapping) && (
        <Part name="length" doc={doc("length")} message={messages.get("length")}>
          <NumberInput
            size="xs"
            className={styles.control}
            value={mapping.length ?? ""}
            onChange={(value) => set({ ...mapping, length: typeof value === "number" ? value : null })}
            placeholder="whole sequences"
            allowDecimal={false}
            allowNegative={false}
            suffix=" steps"
            aria-label="length"
            data-testid="mapping-length"
          />
        </Part>
      )}
      <PartMessage name="order" message={messages.get("order")} />
      <PartMessage name="ends" message={messages.get("ends")} />
    </div>
  );
}

/** Whether rows are ordered in time: only then do windows and alignment apply. */
export function isOrdered({ layout }: Mapping): boolean {
  return layout !== "items" && layout !== "transitions";
}

/** The server's messages for each part of a mapping. */
export function useDocs() {
  const { data } = useMappingForm();
  const parts = (data?.parts.properties ?? {}) as Readonly<Record<string, { description?: string }>>;
  return (name: string) => parts[name]?.description ?? "";
}
