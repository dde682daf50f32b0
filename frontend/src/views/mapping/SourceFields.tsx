import { Select } from "@mantine/core";
import { describeField, withSource } from "../../lib/mapping";
import type { TargetInfo } from "../../lib/types";
import styles from "./Mapping.module.css";
import { Part, PartMessage, type PartProps } from "./Part";

const GROUPS = [
  { group: "step_stream", title: "Steps" },
  { group: "out", title: "Model output" },
] as const;

/** Selects the source field in the file for each of mouse's fields. */
export function SourceFields({
  mapping,
  set,
  messages,
  fields,
  targets,
}: PartProps & { targets: readonly TargetInfo[] }) {
  const sources = fields.map((field) => ({ value: field.name, label: describeField(field) }));
  return (
    <>
      <PartMessage name="fields" message={messages.get("fields")} />
      {GROUPS.map(({ group, title }) => (
        <section key={group} className={styles.group} aria-label={title}>
          <h3 className={styles.groupTitle}>{title}</h3>
          {targets
            .filter((target) => target.group === group)
            .map(({ name, doc }) => (
              <Part key={name} name={name} doc={doc} message={messages.get(`fields.${name}`)}>
                <Select
                  size="xs"
                  className={styles.control}
                  data={sources}
                  value={mapping.fields?.[name] ?? null}
                  onChange={(source) => set(withSource(mapping, name, source))}
                  placeholder="none"
                  clearable
                  searchable
                  error={messages.get(`fields.${name}`)?.wrong === true}
                  aria-label={name}
                  data-testid={`source-${name}`}
                />
              </Part>
            ))}
        </section>
      ))}
    </>
  );
}
