import { MultiSelect } from "@mantine/core";
import { LISTS, nextStateLabel, nextStatePairs, nextStates } from "../../lib/mapping";
import { useDocs } from "./LayoutFields";
import styles from "./Mapping.module.css";
import { Part, type PartProps } from "./Part";

/** What happens to fields without a meaning for mouse. */
export function OtherFields({ mapping, set, messages, fields }: PartProps) {
  const doc = useDocs();
  const names = fields.map((field) => field.name);
  return (
    <section className={styles.group} aria-label="Other fields">
      <h3 className={styles.groupTitle}>Other fields</h3>
      <Part name="next_states" doc={doc("next_states")} message={messages.get("next_states")}>
        <MultiSelect
          size="xs"
          className={styles.control}
          data={nextStatePairs(mapping, fields)}
          value={Object.entries(mapping.next_states ?? {}).map(nextStateLabel)}
          onChange={(chosen) => set({ ...mapping, next_states: nextStates(chosen) })}
          placeholder={Object.keys(mapping.next_states ?? {}).length === 0 ? "as the names say" : ""}
          clearable
          searchable
          aria-label="next_states"
        />
      </Part>
      {LISTS.map((part) => (
        <Part key={part} name={part} doc={doc(part)} message={messages.get(part)}>
          <MultiSelect
            size="xs"
            className={styles.control}
            data={names}
            value={[...(mapping[part] ?? [])]}
            onChange={(value) => set({ ...mapping, [part]: value })}
            placeholder={!mapping[part]?.length ? "none" : ""}
            clearable
            searchable
            aria-label={part}
          />
        </Part>
      ))}
    </section>
  );
}
