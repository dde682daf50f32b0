import { Button } from "@mantine/core";
import { memo } from "react";
import { rangeText } from "../../lib/ranges";
import { componentsOf, placeNoun } from "../../lib/terms";
import { componentOf, type View } from "../../lib/view";
import { resetZoom } from "../../state/actions/map";
import { useLink } from "../../state/page";
import { CloseIcon } from "../icons";
import { ComponentField } from "./ComponentField";
import styles from "./Figures.module.css";
import { PoolSelect } from "./PoolSelect";
import { SideSelect } from "./SideSelect";
import { TermPicker } from "./TermPicker";

interface TermBarProps {
  view: View;
  /** Whether a cell of the map stands for several places. */
  pooled: boolean;
}

/** Selects the term, its component, and the part of the batch that the figures show. */
export const TermBar = memo(function TermBar({ view, pooled }: TermBarProps) {
  const { batch, loss, term } = view;
  const component = componentOf({ component: useLink((link) => link.component) }, view);
  const compared = useLink(({ pinned }) => pinned !== null);
  const zoom = useLink((link) => link.zoom);
  const dim = term.dims[2];
  return (
    <div className={styles.bar}>
      <TermPicker loss={loss} term={term} />
      {dim && <ComponentField dim={dim} value={component} count={componentsOf(term, loss, batch)} />}
      <div className={styles.formula} title={term.doc}>
        <code className="mono" data-testid="term-formula">
          {term.formula}
        </code>
        <span>{term.doc}</span>
      </div>
      {compared && <SideSelect />}
      {pooled && <PoolSelect noun={placeNoun(loss)} />}
      {zoom && <ZoomReset rows={rangeText(zoom.rows, "sequence")} steps={rangeText(zoom.steps, placeNoun(loss))} />}
    </div>
  );
});

/** Shows which part is visible, and resets the zoom. */
export function ZoomReset({ rows, steps }: { rows: string; steps: string }) {
  return (
    <Button
      size="compact-xs"
      variant="light"
      rightSection={<CloseIcon size={12} />}
      onClick={resetZoom}
      aria-label={`Showing ${rows}, ${steps}; show all`}
      data-testid="zoom-reset"
    >
      {rows}, {steps}
    </Button>
  );
}
