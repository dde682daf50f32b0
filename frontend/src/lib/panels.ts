import type { Link } from "./link";
import type { FigureInfo, LossInfo } from "./types";

/** Figures that are of one thing, under one heading. */
export interface Panel {
  readonly need: FigureInfo["need"];
  readonly title: string;
  readonly figures: readonly FigureInfo[];
}

const TITLES = { loss: "Where it comes from", row: "Sequence", transition: "Transition" } as const;

/** The panels that a loss has figures for. Those of a term have a place of their own, above. */
export function panelsOf(loss: LossInfo): Panel[] {
  return (["loss", "row", "transition"] as const)
    .map((need) => ({ need, title: TITLES[need], figures: loss.figures.filter((figure) => figure.need === need) }))
    .filter(({ figures }) => figures.length > 0);
}

/** The panel that a link shows: the one it names if the loss has it, else the first. */
export function panelOf(link: Link, loss: LossInfo): Panel | undefined {
  const panels = panelsOf(loss);
  return panels.find(({ need }) => need === link.panel) ?? panels[0];
}

/** Whether its figures are of what is selected. */
export function needsSelection(panel: Panel): boolean {
  return panel.need === "row" || panel.need === "transition";
}
