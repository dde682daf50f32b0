import { Select } from "@mantine/core";
import { nonFiniteCount } from "../../lib/health";
import { groupsOf } from "../../lib/terms";
import type { LossInfo, TermInfo } from "../../lib/types";
import { selectTerm } from "../../state/actions/map";
import { useEvaluation } from "../../state/page";
import styles from "./Figures.module.css";

interface TermPickerProps {
  loss: LossInfo;
  term: TermInfo;
}

/** The terms of a loss by shape, in order of computation; those that are off or not finite say so. */
export function TermPicker({ loss, term }: TermPickerProps) {
  const off = useEvaluation(({ latest }) => latest?.evaluation.losses[loss.name]?.off);
  const health = useEvaluation(({ latest }) => latest?.evaluation.losses[loss.name]?.health);
  const groups = groupsOf(loss).map(({ title, terms }) => ({ group: title, items: terms.map(({ name }) => name) }));
  const ill = health?.filter((one) => nonFiniteCount(one) > 0).map((one) => one.term);
  return (
    <Select
      className={styles.picker}
      size="xs"
      data={groups}
      value={term.name}
      allowDeselect={false}
      searchable
      maxDropdownHeight={420}
      onChange={(name) => name && selectTerm(name)}
      renderOption={({ option }) => (
        <span className={styles.option}>
          <span className="mono">{option.value}</span>
          {off?.includes(option.value) && <i>off</i>}
          {ill?.includes(option.value) && <b>not finite</b>}
        </span>
      )}
      aria-label="Term"
      data-testid="term-picker"
    />
  );
}
