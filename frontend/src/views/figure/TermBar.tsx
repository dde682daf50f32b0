import { Button, Select } from "@mantine/core";
import { cellSize, pooled } from "../../lib/cells";
import { spoken } from "../../lib/ranges";
import { componentsOf, groupsOf } from "../../lib/terms";
import type { FigureResult } from "../../lib/types";
import type { View } from "../../lib/view";
import { linkStore, useLink } from "../../state/use_link";
import { CloseIcon } from "../icons";
import { ComponentField } from "./ComponentField";
import styles from "./Figures.module.css";
import { PoolSelect } from "./PoolSelect";

interface TermBarProps {
  view: View;
  map: FigureResult | null;
}

/** Which term the figures show, of a third dimension which component, and of the batch which part. */
export function TermBar({ view: { batch, loss, term }, map }: TermBarProps) {
  const { component, zoom } = useLink();
  const groups = groupsOf(loss).map(({ title, terms }) => ({ group: title, items: terms.map(({ name }) => name) }));
  return (
    <div className={styles.bar}>
      <Select
        className={styles.picker}
        size="xs"
        data={groups}
        value={term.name}
        allowDeselect={false}
        searchable
        maxDropdownHeight={420}
        onChange={(name) => name && linkStore.update({ term: name, component: 0 })}
        aria-label="Term"
        data-testid="term-picker"
      />
      {term.dims.length > 2 && (
        <ComponentField dim={term.dims[2] ?? ""} value={component} count={componentsOf(term, loss, batch)} />
      )}
      <div className={styles.formula} title={term.doc}>
        <code className="mono" data-testid="term-formula">
          {term.formula}
        </code>
        <span>{term.doc}</span>
      </div>
      {map && pooled(cellSize(map)) && <PoolSelect />}
      {zoom && (
        <Button
          size="compact-xs"
          variant="light"
          rightSection={<CloseIcon size={12} />}
          onClick={() => linkStore.update({ zoom: null })}
          aria-label={`Showing ${spoken(zoom.rows, "sequence")}, ${spoken(zoom.steps, "step")}; show all`}
          data-testid="zoom-reset"
        >
          {spoken(zoom.rows, "sequence")}, {spoken(zoom.steps, "step")}
        </Button>
      )}
    </div>
  );
}
