import { wholeBatch } from "../lib/field_view";
import { panelOf, panelsOf } from "../lib/panels";
import type { Area } from "../lib/ranges";
import { batchTabOf } from "../lib/tabs";
import { fullArea, runs } from "../lib/view";
import { pinCurrent } from "./actions/comparison";
import { redo, undo } from "./actions/configs";
import { resetZoom, toggleColours, zoomBy } from "./actions/map";
import { openPanel, selectTab } from "./actions/navigation";
import { deselect, moveSelection, selectLargest } from "./actions/selection";
import { currentLink, store } from "./page";
import type { Screen } from "./store";
import { openOverlay } from "./use_overlay";

/** What a key does. */
export interface Key {
  /** Names of it, as `pressed` gives them. */
  readonly keys: readonly string[];
  /** As it is written on a keyboard. */
  readonly shown: readonly string[];
  readonly group: "Selection" | "Map" | "Go to" | "Configuration" | "Help";
  readonly does: string;
  /** False when it did nothing, so that the browser may. */
  readonly run: (screen: Screen | null, key: string) => unknown;
}

const MOVES: Record<string, readonly [row: number, step: number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** Every key of the page: what is pressed goes through this list, and the help shows it. */
export const KEYS: readonly Key[] = [
  {
    keys: Object.keys(MOVES),
    shown: ["←", "→", "↑", "↓"],
    group: "Selection",
    does: "Move the selection across steps and sequences",
    run: (_, key) => move(...(MOVES[key] ?? [0, 0])),
  },
  {
    keys: ["w"],
    shown: ["w"],
    group: "Selection",
    does: "Select the transition where the term is farthest from zero",
    run: (screen) => (screen && !batchTabOf(currentLink()) ? selectLargest(screen.view) : false),
  },
  {
    keys: ["Escape"],
    shown: ["Esc"],
    group: "Selection",
    does: "Deselect",
    run: deselect,
  },
  {
    keys: ["+", "="],
    shown: ["+"],
    group: "Map",
    does: "Zoom in around the selection",
    run: (screen) => screen && zoomBy(0.5, wholeMap(screen)),
  },
  {
    keys: ["-"],
    shown: ["-"],
    group: "Map",
    does: "Zoom out",
    run: (screen) => screen && zoomBy(2, wholeMap(screen)),
  },
  { keys: ["0"], shown: ["0"], group: "Map", does: "Show the whole map", run: resetZoom },
  {
    keys: ["l"],
    shown: ["l"],
    group: "Map",
    does: "Switch between linear and logarithmic colours",
    run: toggleColours,
  },
  {
    keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"],
    shown: ["1", "…", "9"],
    group: "Go to",
    does: "Loss tab by its position",
    run: (screen, key) => screen && goToLoss(screen, Number(key) - 1),
  },
  {
    keys: ["["],
    shown: ["["],
    group: "Go to",
    does: "Previous panel of figures",
    run: (screen) => goToPanel(screen, -1),
  },
  { keys: ["]"], shown: ["]"], group: "Go to", does: "Next panel of figures", run: (screen) => goToPanel(screen, 1) },
  { keys: ["/"], shown: ["/"], group: "Go to", does: "Find a batch", run: () => openOverlay("batches") },
  { keys: ["r"], shown: ["r"], group: "Go to", does: "Find a run", run: () => openOverlay("runs") },
  {
    keys: [",", "."],
    shown: [",", "."],
    group: "Go to",
    does: "Previous and next snapshot of the run",
    run: (_, key) => stepRun(key === "," ? -1 : 1),
  },
  {
    keys: ["z", "Ctrl+z"],
    shown: ["z"],
    group: "Configuration",
    does: "Undo the last change",
    run: undo,
  },
  {
    keys: ["Z", "Ctrl+Z", "Ctrl+y"],
    shown: ["Shift", "z"],
    group: "Configuration",
    does: "Redo the change",
    run: redo,
  },
  { keys: ["p"], shown: ["p"], group: "Configuration", does: "Pin this state to compare with it", run: pinCurrent },
  { keys: ["?"], shown: ["?"], group: "Help", does: "Show all keys", run: () => openOverlay("keys") },
];

function move(row: number, step: number): unknown {
  const { map } = store.getState();
  return map && movable() ? moveSelection(map, row, step) : false;
}

/** Everything that the map on screen can show. */
function wholeMap({ view }: Screen): Area {
  return batchTabOf(currentLink()) ? wholeBatch(view.batch) : fullArea(view);
}

/** Arrows scroll the page until there is a selection to move; on the map they make one. */
function movable(): boolean {
  return currentLink().selected !== null || document.activeElement?.getAttribute("role") === "application";
}

function goToLoss({ view, catalogue }: Screen, place: number): void {
  const loss = catalogue[place];
  if (loss && runs(view.batch, loss.name)) selectTab(view.loss.name, loss.name);
}

/** False when there is no run to go through. */
function stepRun(by: number): boolean {
  const { stepFn } = store.getState();
  stepFn?.(by);
  return stepFn !== null;
}

function goToPanel(screen: Screen | null, by: number): void {
  if (!screen) return;
  const link = currentLink();
  const panels = panelsOf(screen.view.loss, link.pinned !== null);
  const now = panels.findIndex(({ name }) => name === panelOf(link, screen.view.loss)?.name);
  const next = panels[now + by];
  if (next) openPanel(next.name);
}
