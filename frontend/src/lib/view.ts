import type { Link } from "./link";
import { termOf } from "./terms";
import type { BatchInfo, EvaluateRequest, FigureRequest, LossInfo, TermInfo, TransitionRequest } from "./types";

/** A link with everything it left open decided: what the screen is about. */
export interface View {
  readonly batch: BatchInfo;
  readonly loss: LossInfo;
  readonly term: TermInfo;
}

/** What a link shows of a batch: the loss it names, else the first that runs. Null when there is no loss at all. */
export function viewOf(link: Link, batch: BatchInfo, catalogue: readonly LossInfo[]): View | null {
  const loss =
    catalogue.find(({ name }) => name === link.loss) ?? catalogue.find(({ name }) => runs(batch, name)) ?? catalogue[0];
  const term = loss && termOf(loss, link.term);
  return loss && term ? { batch, loss, term } : null;
}

export function runs(batch: BatchInfo, loss: string): boolean {
  return batch.losses.some((fit) => fit.name === loss && fit.runs);
}

export function missing(batch: BatchInfo, loss: string): readonly string[] {
  return batch.losses.find((fit) => fit.name === loss)?.missing ?? [];
}

/** The one request behind everything a view shows: all losses that run, and the figures of one term. */
export function evaluateRequest(link: Link, { batch, loss, term }: View): EvaluateRequest {
  const configs = Object.fromEntries(
    batch.losses.filter((fit) => fit.runs).map(({ name }) => [name, { ...link.configs[name] }]),
  );
  return { configs, figures: runs(batch, loss.name) ? figures(link, loss, term) : [] };
}

function figures(link: Link, loss: LossInfo, term: TermInfo): FigureRequest[] {
  const component = term.dims.length > 2 ? link.component : 0;
  return (["map", "histogram"] as const).map((kind) => ({
    kind,
    loss: loss.name,
    term: term.name,
    component,
    pool: link.pool,
    rows: link.zoom ? [...link.zoom.rows] : null,
    steps: link.zoom ? [...link.zoom.steps] : null,
  }));
}

/** The transition a link selects, under the configs of what is on screen. */
export function transitionRequest(link: Link, shown: EvaluateRequest): TransitionRequest | null {
  const figure = shown.figures?.[0];
  if (!link.selected || !figure) return null;
  return {
    configs: { [figure.loss]: shown.configs[figure.loss] ?? {} },
    loss: figure.loss,
    term: figure.term,
    component: figure.component ?? 0,
    rows: [...link.selected.rows],
    steps: [...link.selected.steps],
  };
}
