import { Tabs, Tooltip } from "@mantine/core";
import { lazy } from "react";
import { needsSelection, type Panel, panelOf, panelsOf } from "../../lib/panels";
import type { FigureInfo, FigureResult } from "../../lib/types";
import type { View } from "../../lib/view";
import type { Answer } from "../../state/use_evaluation";
import { linkStore, useLink } from "../../state/use_link";
import { FigureFrame } from "./FigureFrame";
import { heightOf } from "./figure_parts";
import styles from "./Panels.module.css";
import { TableFigure } from "./TableFigure";

const PlotFigure = lazy(() => import("./PlotFigure"));

interface PanelsProps {
  view: View;
  answer: Answer | null;
  stale: boolean;
}

/** What explains the loss beyond one term: the figures of the loss, of a sequence, of a transition, as the server lists them. */
export function Panels({ view: { loss }, answer, stale }: PanelsProps) {
  const link = useLink();
  const panel = panelOf(link, loss);
  if (!panel) return null;
  const results = answer?.evaluation.figures.filter((figure) => figure.loss === loss.name) ?? [];
  const pick = (need: string | null) => linkStore.update({ panel: need });
  return (
    <Tabs
      value={panel.need}
      onChange={pick}
      component="section"
      className={styles.panels}
      aria-label="What explains the loss"
    >
      <Tabs.List className={styles.list}>
        {panelsOf(loss).map(({ need, title }) => (
          <Tabs.Tab key={need} value={need} className={styles.tab} data-testid={`panel-${need}`}>
            {title}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value={panel.need}>
        {needsSelection(panel) && !link.selected ? (
          <Invitation panel={panel} />
        ) : (
          <div className={styles.grid}>
            {panel.figures.map((info) => (
              <Figure
                key={info.kind}
                info={info}
                result={results.find(({ kind }) => kind === info.kind) ?? null}
                stale={stale}
              />
            ))}
          </div>
        )}
      </Tabs.Panel>
    </Tabs>
  );
}

function Invitation({ panel }: { panel: Panel }) {
  const what = panel.need === "row" ? "its sequence over time" : "what the model says there";
  return (
    <p className={styles.invitation}>
      Select a transition to see {what}: click a cell of the map, or a row of the worst transitions.
    </p>
  );
}

interface FigureProps {
  info: FigureInfo;
  result: FigureResult | null;
  stale: boolean;
}

function Figure({ info, result, stale }: FigureProps) {
  const title = (
    <Tooltip label={info.doc}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the explanation must be reachable by keyboard */}
      <span tabIndex={0}>{info.title}</span>
    </Tooltip>
  );
  return (
    <div className={styles.cell} data-wide={result?.table ? true : undefined}>
      <FigureFrame title={title} result={result} height={heightOf(result)} stale={stale} testid={`figure-${info.kind}`}>
        {(shown) =>
          shown.table ? (
            <TableFigure table={shown.table} title={info.title} />
          ) : (
            <PlotFigure result={shown} title={info.title} />
          )
        }
      </FigureFrame>
    </div>
  );
}
