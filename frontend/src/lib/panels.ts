import type { Link } from "./link";
import type { FigureInfo, FigureResult, LossInfo } from "./types";

/** Figures that stand together under one heading. */
export interface Panel {
  readonly name: string;
  readonly title: string;
  readonly figures: readonly FigureInfo[];
}

/** The panel of a single term, which has a place of its own above the others. */
export const TERM_PANEL = "term";

/** The panels of a loss. Figures that compare are there only while something is pinned. */
export function panelsOf(loss: LossInfo, pinned: boolean): Panel[] {
  return loss.panels
    .filter(({ name }) => name !== TERM_PANEL)
    .map((panel) => ({ ...panel, figures: figuresOf(loss, panel.name, pinned) }))
    .filter(({ figures }) => figures.length > 0);
}

function figuresOf(loss: LossInfo, panel: string, pinned: boolean): FigureInfo[] {
  return loss.figures.filter((figure) => figure.panel === panel && (pinned || figure.need !== "both"));
}

/** The panel that a link shows: the one it names if the loss has it, else the first. */
export function panelOf(link: Pick<Link, "panel" | "pinned">, loss: LossInfo): Panel | undefined {
  const panels = panelsOf(loss, link.pinned !== null);
  return panels.find(({ name }) => name === link.panel) ?? panels[0];
}

/** Why none of these figures can be drawn, when they all say the same; null when one is drawn or says something else. */
export function commonReason(figures: readonly FigureInfo[], results: readonly FigureResult[]): string | null {
  const own = figures.map(({ kind }) => results.find((result) => result.kind === kind));
  const [first] = own;
  const same = own.every((result) => result && !result.figure && !result.table && result.note === first?.note);
  return own.length > 1 && same && first ? first.note : null;
}

/** Whether a figure is of what is selected. */
export function needsSelection({ need }: FigureInfo): boolean {
  return need === "row" || need === "transition";
}
