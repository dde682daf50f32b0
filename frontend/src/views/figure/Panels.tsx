import { Button, Tabs, Tooltip } from "@mantine/core";
import { lazy, memo, useRef } from "react";
import { commonReason, needsSelection, panelOf, panelsOf } from "../../lib/panels";
import type { Area } from "../../lib/ranges";
import type { FigureInfo, FigureResult } from "../../lib/types";
import { fullArea, type View } from "../../lib/view";
import { openPanel } from "../../state/actions/navigation";
import { selectLargestLoss } from "../../state/actions/selection";
import { useEvaluation, useFigure, useLink } from "../../state/page";
import { useScrollRequest } from "../../state/use_scroll_request";
import { FigureFrame } from "./FigureFrame";
import { heightOf } from "./figure_parts";
import styles from "./Panels.module.css";
import { TableFigure } from "./TableFigure";

const PlotFigure = lazy(() => import("./PlotFigure"));

interface PanelsProps {
  view: View;
  stale: boolean;
  /** Whether the numbers of the loss are an estimate: figures that are none are older. */
  estimated: boolean;
}

/** Panels of figures beyond one term: of the loss, of a sequence, of a transition, as the server lists them. */
export const Panels = memo(function Panels({ view, stale, estimated }: PanelsProps) {
  const { loss } = view;
  const pinned = useLink((link) => link.pinned);
  const selected = useLink((link) => link.selected) !== null;
  const named = useLink((link) => link.panel);
  const panel = panelOf({ panel: named, pinned }, loss);
  const root = useRef<HTMLDivElement>(null);
  const inside = (figure: FigureResult) =>
    figure.loss === loss.name && panel?.figures.some(({ kind }) => kind === figure.kind);
  const ready = useEvaluation(({ painted }) => painted?.evaluation.figures.some(inside) ?? false);
  useScrollRequest("panels", root, ready);
  const figures = panel?.figures.filter((info) => selected || !needsSelection(info)) ?? [];
  const reason = useEvaluation(
    ({ painted }) => painted && commonReason(figures, painted.evaluation.figures.filter(inside)),
  );
  if (!panel) return null;
  return (
    <Tabs
      ref={root}
      value={panel.name}
      onChange={openPanel}
      component="section"
      className={styles.panels}
      aria-label="What explains the loss"
    >
      <Tabs.List className={styles.list}>
        {panelsOf(loss, pinned !== null).map(({ name, title }) => (
          <Tabs.Tab key={name} value={name} className={styles.tab} data-testid={`panel-${name}`}>
            {title}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value={panel.name}>
        {!selected && !reason && panel.figures.some(needsSelection) && <Invitation whole={fullArea(view)} />}
        {reason ? (
          <p className={styles.invitation} data-testid="panel-reason">
            {reason}
          </p>
        ) : (
          <div className={styles.grid}>
            {figures.map((info) => (
              <Figure key={info.kind} loss={loss.name} info={info} stale={stale} estimated={estimated} />
            ))}
          </div>
        )}
      </Tabs.Panel>
    </Tabs>
  );
});

/** Hint while nothing is selected. Selecting everything selects the largest, which the server picks. */
function Invitation({ whole }: { whole: Area }) {
  return (
    <p className={styles.invitation}>
      Click a cell of the map or a row of a table, or{" "}
      <Button size="compact-xs" variant="light" onClick={() => selectLargestLoss(whole)} data-testid="select-worst">
        select the largest loss
      </Button>
    </p>
  );
}

interface FigureProps {
  loss: string;
  info: FigureInfo;
  stale: boolean;
  estimated: boolean;
}

function Figure({ loss, info, stale, estimated }: FigureProps) {
  const result = useFigure(loss, info.kind);
  const title = (
    <Tooltip label={info.doc}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the explanation must be reachable by keyboard */}
      <span tabIndex={0}>{info.title}</span>
    </Tooltip>
  );
  return (
    <div className={styles.cell} data-wide={result?.table || info.need === "row" ? true : undefined}>
      <FigureFrame
        kind={info.kind}
        title={title}
        result={result}
        height={heightOf(result)}
        stale={stale || (estimated && !result?.estimated)}
        testid={`figure-${info.kind}`}
      >
        {(figure) =>
          figure.table ? (
            <TableFigure table={figure.table} title={info.title} />
          ) : (
            <PlotFigure result={figure} title={info.title} />
          )
        }
      </FigureFrame>
    </div>
  );
}
