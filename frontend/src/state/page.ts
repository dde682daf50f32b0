import { useStore } from "zustand";
import { fromQuery, type Link } from "../lib/link";
import type { FigureInfo, FigureResult, LossResult } from "../lib/types";
import { AddressBar } from "./address_bar";
import { type EvaluationResult, type EvaluationState, Evaluations } from "./evaluations";
import { createPageStore, type PageState } from "./store";

/** The one store of this page, and what keeps it, the address bar and the server in step. */
export const store = createPageStore(fromQuery(window.location.search));
export const addressBar = new AddressBar(window, store);
export const evaluations = new Evaluations(store);

export const currentLink = (): Link => store.getState().link;

/** A part of the state: whoever needs only a part renders again only when that changes. */
export function usePage<Part>(pick: (state: PageState) => Part): Part {
  return useStore(store, pick);
}

export function useLink<Part>(pick: (link: Link) => Part): Part {
  return usePage(({ link }) => pick(link));
}

export function useEvaluation<Part>(pick: (evaluation: EvaluationState) => Part): Part {
  return usePage(({ evaluation }) => pick(evaluation));
}

/** The newest numbers of a loss. */
export function useLossResult(loss: string): LossResult | undefined {
  return useEvaluation(({ latest }) => latest?.evaluation.losses[loss]);
}

/** A figure of a loss; null while it is awaited. */
export function useFigure(loss: string, kind: FigureInfo["kind"]): FigureResult | null {
  const isIt = (figure: FigureResult) => figure.loss === loss && figure.kind === kind;
  return useEvaluation(({ painted }) => painted?.evaluation.figures.find(isIt) ?? null);
}

/** The newest complete result, and whether the configs have changed since: while a slider moves it waits. */
export function useSettled(): { settled: EvaluationResult | null; before: boolean } {
  const settled = useEvaluation((now) => now.settled);
  const before = useEvaluation((now) => now.settled !== now.latest);
  return { settled, before };
}
