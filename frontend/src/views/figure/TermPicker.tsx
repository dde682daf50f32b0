import { Select } from "@mantine/core";
import { badCount } from "../../lib/health";
import { groupsOf } from "../../lib/terms";
import type { LossInfo, LossResult, TermInfo } from "../../lib/types";
import { linkStore } from "../../state/use_link";
import styles from "./Figures.module.css";

interface TermPickerProps {
  loss: LossInfo;
  term: TermInfo;
  result: LossResult | undefined;
}

/** The terms of a loss by shape, in order of computation; those that are off or not finite say so. */
export function TermPicker({ loss, term, result }: TermPickerProps) {
  const groups = groupsOf(loss).map(({ title, terms }) => ({ group: title, items: terms.map(({ name }) => name) }));
  const off = new Set(result?.off);
  const ill = new Set(result?.health.filter((health) => badCount(health) > 0).map((health) => health.term));
  return (
    <Select
      className={styles.picker}
      size="xs"
      data={groups}
      value={term.name}
      allowDeselect={false}
      searchable
      maxDropdownHeight={420}
      onChange={(name) => name && linkStore.update({ term: name })}
      renderOption={({ option }) => (
        <span className={styles.option}>
          <span className="mono">{option.value}</span>
          {off.has(option.value) && <i>off</i>}
          {ill.has(option.value) && <b>not finite</b>}
        </span>
      )}
      aria-label="Term"
      data-testid="term-picker"
    />
  );
}
