import { knownFields } from "./configs";
import type { Link } from "./link";
import { needsSelection, panelOf, TERM_PANEL } from "./panels";
import { type Area, clipped } from "./ranges";
import { componentsOf, termOf } from "./terms";
import type {
  BatchInfo,
  Config,
  Configs,
  EvaluateRequest,
  FigureRequest,
  LossInfo,
  PinnedRequest,
  TermInfo,
  TransitionRequest,
} from "./types";

/** A link with all defaults resolved: the content of the screen. */
export interface View {
  readonly batch: BatchInfo;
  readonly loss: LossInfo;
  readonly term: TermInfo;
}

/** The view of a batch by a link: the named loss, else the first that runs. Null if there is no loss at all. */
export function viewOf(
  link: Pick<Link, "loss" | "term">,
  batch: BatchInfo,
  catalogue: readonly LossInfo[],
): View | null {
  const loss =
    catalogue.find(({ name }) => name === link.loss) ?? catalogue.find(({ name }) => runs(batch, name)) ?? catalogue[0];
  const term = loss && termOf(loss, link.term);
  return loss && term ? { batch, loss, term } : null;
}

export function runs(batch: BatchInfo, loss: string): boolean {
  return batch.losses.some((fit) => fit.name === loss && fit.runs);
}

/** Whether any loss can run: without the model's output there is only data. */
export function canRunAnyLoss(batch: BatchInfo): boolean {
  return batch.losses.some((fit) => fit.runs);
}

export function missingFields(batch: BatchInfo, loss: string): readonly string[] {
  return batch.losses.find((fit) => fit.name === loss)?.missing ?? [];
}

/** The full area of a term: there is one transition less than steps, as each pairs a step with the next. */
export function fullArea({ batch, term }: Pick<View, "batch" | "term">): Area {
  const steps = { time: batch.S - 1, sequence: 1 }[term.dims[1] ?? ""] ?? batch.S;
  return { rows: [0, batch.B], steps: [0, steps] };
}

/** The component that figures show: the link's, clamped to the last one of the term; 0 for a term without components. */
export function componentOf(link: Pick<Link, "component">, { term, loss, batch }: View): number {
  return Math.min(link.component, componentsOf(term, loss, batch) - 1);
}

/** The single request behind a view: all losses that run, and the figures of one term. */
export function evaluateRequest(link: Link, view: View, catalogue: readonly LossInfo[] = []): EvaluateRequest {
  const { batch, loss } = view;
  const configs = Object.fromEntries(
    batch.losses.filter((fit) => fit.runs).map(({ name }) => [name, configOf(name, link.configs, catalogue)]),
  );
  const figures = runs(batch, loss.name) ? figuresOf(link, view) : [];
  return {
    configs,
    figures,
    slice: link.slice,
    pinned: pinnedRequest(link, Object.keys(configs)),
    brief: false,
  };
}

function configOf(name: string, configs: Configs, catalogue: readonly LossInfo[]): Config {
  const info = catalogue.find((each) => each.name === name);
  return { ...(info ? knownFields(info, configs[name] ?? {}) : configs[name]) };
}

/** What is pinned, with the losses that are live: an absent config means a loss at its defaults. */
function pinnedRequest({ pinned }: Link, losses: readonly string[]): PinnedRequest | null {
  if (!pinned) return null;
  const configs = Object.fromEntries(losses.map((name) => [name, { ...pinned.configs[name] }]));
  return { batch_id: pinned.batch, configs };
}

/** Only what is on screen: the figures of the term, and those of the panel that is open. */
function figuresOf(link: Link, view: View): FigureRequest[] {
  const side = link.pinned ? link.side : "live";
  const component = componentOf(link, view);
  const term = { loss: view.loss.name, term: view.term.name, component, pool: link.pool, colours: link.colours, side };
  const zoom = clipped(link.zoom, fullArea(view));
  const ofTerm = view.loss.figures.filter(({ panel }) => panel === TERM_PANEL);
  return [...ofTerm.map(({ kind }) => ({ ...term, ...ranges(zoom), kind })), ...panelFigures(link, view, term)];
}

function panelFigures(link: Link, view: View, term: Omit<FigureRequest, "kind">): FigureRequest[] {
  const panel = panelOf(link, view.loss);
  if (!panel) return [];
  const selected = clipped(link.selected, fullArea(view));
  return panel.figures.flatMap((figure): FigureRequest[] => {
    const { kind } = figure;
    if (!needsSelection(figure)) return [{ ...WHOLE_LOSS, loss: term.loss, kind }];
    return selected ? [{ ...term, ...ranges(selected), kind }] : [];
  });
}

const WHOLE_LOSS = { term: "loss", component: 0, pool: "mean", colours: "linear", side: "live" } as const;

function ranges(area: Area | null): Pick<FigureRequest, "rows" | "steps"> {
  return { rows: area && [...area.rows], steps: area && [...area.steps] };
}

/** The transition a link selects, under the configs of what is on screen. */
export function transitionRequest(
  link: Pick<Link, "selected" | "component">,
  view: View,
  shown: EvaluateRequest,
): TransitionRequest | null {
  const selected = clipped(link.selected, fullArea(view));
  const loss = view.loss.name;
  if (!selected || !shown.configs[loss]) return null;
  return {
    configs: shown.configs,
    loss,
    term: view.term.name,
    component: componentOf(link, view),
    rows: [...selected.rows],
    steps: [...selected.steps],
    slice: shown.slice,
  };
}
