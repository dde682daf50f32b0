import { Button } from "@mantine/core";
import { cellSize, pooled } from "../../lib/cells";
import { spoken } from "../../lib/ranges";
import { componentsOf, placeNoun } from "../../lib/terms";
import type { FigureResult, LossResult } from "../../lib/types";
import { componentOf, type View } from "../../lib/view";
import { linkStore, useLink } from "../../state/use_link";
import { CloseIcon } from "../icons";
import { ComponentField } from "./ComponentField";
import styles from "./Figures.module.css";
import { PoolSelect } from "./PoolSelect";
import { SideSelect } from "./SideSelect";
import { TermPicker } from "./TermPicker";

interface TermBarProps {
  view: View;
  result: LossResult | undefined;
  map: FigureResult | null;
}

/** Which term the figures show, of a third dimension which component, and of the batch which part. */
export function TermBar({ view, result, map }: TermBarProps) {
  const { batch, loss, term } = view;
  const link = useLink();
  const dim = term.dims[2];
  return (
    <div className={styles.bar}>
      <TermPicker loss={loss} term={term} result={result} />
      {dim && <ComponentField dim={dim} value={componentOf(link, view)} count={componentsOf(term, loss, batch)} />}
      <div className={styles.formula} title={term.doc}>
        <code className="mono" data-testid="term-formula">
          {term.formula}
        </code>
        <span>{term.doc}</span>
      </div>
      {link.pinned && <SideSelect />}
      {map && pooled(cellSize(map)) && <PoolSelect noun={placeNoun(loss)} />}
      {link.zoom && (
        <ZoomReset rows={spoken(link.zoom.rows, "sequence")} steps={spoken(link.zoom.steps, placeNoun(loss))} />
      )}
    </div>
  );
}

/** Says which part is shown, and goes back to all of it. */
export function ZoomReset({ rows, steps }: { rows: string; steps: string }) {
  return (
    <Button
      size="compact-xs"
      variant="light"
      rightSection={<CloseIcon size={12} />}
      onClick={() => linkStore.update({ zoom: null })}
      aria-label={`Showing ${rows}, ${steps}; show all`}
      data-testid="zoom-reset"
    >
      {rows}, {steps}
    </Button>
  );
}
