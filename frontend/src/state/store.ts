import type { RefObject } from "react";
import { createStore, type StoreApi } from "zustand/vanilla";
import { HOME, type Link } from "../lib/link";
import type { FigureResult, LossInfo, Transition } from "../lib/types";
import type { View } from "../lib/view";
import { type EvaluationState, NO_EVALUATION } from "./evaluations";

/** What a key can open above the page; at most one at a time. */
export type Overlay = "batches" | "runs" | "scans" | "keys";

/** Whether news of runs arrive. */
export type Connection = "connecting" | "open" | "lost";

/** What scrolls into view once it is there. */
export type ScrollTarget = "transition" | "panels";

/** Goes so many snapshots later, or earlier. */
export type StepFn = (by: number) => void;

/** Whether the page goes along with a run, and what there was to see when that was decided. */
export interface Following {
  readonly run: string;
  readonly on: boolean;
  /** The newest step then. */
  readonly newestSeen: number;
}

/** A batch under one loss, as the workbench shows it. */
export interface Screen {
  readonly view: View;
  readonly catalogue: readonly LossInfo[];
}

/** The state of this page. What the server knows stays in the query cache. */
export interface PageState {
  /** What the address says: every choice that a copied link reproduces. */
  readonly link: Link;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** The term that each tab showed when it was left. */
  readonly lastTerms: Readonly<Record<string, Pick<Link, "term" | "component">>>;
  /** Whether a slider is being dragged: meanwhile only what is in view is requested. */
  readonly dragging: boolean;
  readonly evaluation: EvaluationState;
  /** How often the files of users' loss functions have changed: what they computed before may be different now. */
  readonly lossVersion: number;
  readonly connection: Connection;
  readonly following: Following | null;
  /** Whether the run that the address named at the start was opened. */
  readonly startRunOpened: boolean;
  readonly overlay: Overlay | null;
  /** Those that are on the page: no other can be opened. */
  readonly overlays: readonly Overlay[];
  readonly scrollTarget: ScrollTarget | null;
  readonly screen: Screen | null;
  /** The transition on screen. */
  readonly transition: Transition | null;
  /** The map on which keys move the selection. */
  readonly map: FigureResult | null;
  /** How keys go from snapshot to snapshot. */
  readonly stepFn: StepFn | null;
  /** Kinds of the figures in the viewport. */
  readonly figuresInView: readonly string[];
  /** Every figure on screen by the place it is drawn in. */
  readonly frames: ReadonlyMap<RefObject<HTMLElement | null>, FigureResult>;
}

export type PageStore = StoreApi<PageState>;

export function createPageStore(link: Link = HOME): PageStore {
  return createStore<PageState>(() => ({
    link,
    canUndo: false,
    canRedo: false,
    lastTerms: {},
    dragging: false,
    evaluation: NO_EVALUATION,
    lossVersion: 0,
    connection: "connecting",
    following: null,
    startRunOpened: false,
    overlay: null,
    overlays: [],
    scrollTarget: null,
    screen: null,
    transition: null,
    map: null,
    stepFn: null,
    figuresInView: [],
    frames: new Map(),
  }));
}
