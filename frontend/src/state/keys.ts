import { wholeBatch } from "../lib/field_view";
import { panelOf, panelsOf } from "../lib/panels";
import type { Area } from "../lib/ranges";
import { batchTabOf } from "../lib/tabs";
import type { LossInfo } from "../lib/types";
import { runs, type View, wholeOf } from "../lib/view";
import { moveSelection, zoomMap } from "./map_moves";
import { mapOnScreen } from "./map_on_screen";
import { pickLoss } from "./pick_loss";
import { pin } from "./pin";
import { walkRun } from "./run_on_screen";
import { selectLargest } from "./select_largest";
import { linkStore } from "./use_link";
import { openOverlay } from "./use_overlay";

/** What keys act on: a batch under one loss. */
export interface OnScreen {
  readonly view: View;
  readonly catalogue: readonly LossInfo[];
}

/** What a key does. */
export interface Key {
  /** Names of it, as `pressed` gives them. */
  readonly keys: readonly string[];
  /** As it is written on a keyboard. */
  readonly shown: readonly string[];
  readonly group: "Selection" | "Map" | "Go to" | "Configuration" | "Help";
  readonly does: string;
  /** False when it did nothing, so that the browser may. */
  readonly run: (screen: OnScreen | null, key: string) => unknown;
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
    does: "Move the selection over time and sequences",
    run: (_, key) => move(...(MOVES[key] ?? [0, 0])),
  },
  {
    keys: ["w"],
    shown: ["w"],
    group: "Selection",
    does: "Select the worst: where the term is farthest from zero",
    run: (screen) => (screen && !batchTabOf(linkStore.get()) ? selectLargest(screen.view) : false),
  },
  {
    keys: ["Escape"],
    shown: ["Esc"],
    group: "Selection",
    does: "Deselect",
    run: () => linkStore.update({ selected: null }),
  },
  {
    keys: ["+", "="],
    shown: ["+"],
    group: "Map",
    does: "Zoom in, around the selection",
    run: (screen) => screen && zoomMap(0.5, wholeMap(screen)),
  },
  {
    keys: ["-"],
    shown: ["-"],
    group: "Map",
    does: "Zoom out",
    run: (screen) => screen && zoomMap(2, wholeMap(screen)),
  },
  { keys: ["0"], shown: ["0"], group: "Map", does: "Show all of it", run: () => linkStore.update({ zoom: null }) },
  {
    keys: ["l"],
    shown: ["l"],
    group: "Map",
    does: "Log colours, and back",
    run: () => linkStore.update({ colours: linkStore.get().colours === "symlog" ? "linear" : "symlog" }),
  },
  {
    keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9"],
    shown: ["1", "…", "9"],
    group: "Go to",
    does: "The loss at that place among the tabs",
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
    run: (_, key) => walkRun(key === "," ? -1 : 1),
  },
  {
    keys: ["z", "Ctrl+z"],
    shown: ["z"],
    group: "Configuration",
    does: "Undo the last change",
    run: () => linkStore.undo(),
  },
  {
    keys: ["Z", "Ctrl+Z", "Ctrl+y"],
    shown: ["Shift", "z"],
    group: "Configuration",
    does: "Redo it",
    run: () => linkStore.redo(),
  },
  { keys: ["p"], shown: ["p"], group: "Configuration", does: "Pin it, to compare with", run: pin },
  { keys: ["?"], shown: ["?"], group: "Help", does: "Show these keys", run: () => openOverlay("keys") },
];

function move(row: number, step: number): unknown {
  const map = mapOnScreen();
  return map && movable() ? moveSelection(map, row, step) : false;
}

/** Everything that the map on screen can show. */
function wholeMap({ view }: OnScreen): Area {
  return batchTabOf(linkStore.get()) ? wholeBatch(view.batch) : wholeOf(view);
}

/** Arrows scroll the page until there is a selection to move; on the map they make one. */
function movable(): boolean {
  return linkStore.get().selected !== null || document.activeElement?.getAttribute("role") === "application";
}

function goToLoss({ view, catalogue }: OnScreen, place: number): void {
  const loss = catalogue[place];
  if (loss && runs(view.batch, loss.name)) pickLoss(view.loss.name, loss.name);
}

function goToPanel(screen: OnScreen | null, by: number): void {
  if (!screen) return;
  const link = linkStore.get();
  const panels = panelsOf(screen.view.loss, link.pinned !== null);
  const now = panels.findIndex(({ name }) => name === panelOf(link, screen.view.loss)?.name);
  const next = panels[now + by];
  if (next) linkStore.update({ panel: next.name });
}
