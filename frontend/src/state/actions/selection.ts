import { cellSize } from "../../lib/cells";
import { areaAt } from "../../lib/places";
import { type Area, cellAround, moveCell } from "../../lib/ranges";
import type { FigureResult, Slice } from "../../lib/types";
import { fullArea, type View } from "../../lib/view";
import { addressBar, currentLink, store } from "../page";

export function selectTransition(place: readonly [row: number, step: number]): void {
  addressBar.change({ selected: areaAt(place) });
}

/** Selects a cell of the map, of which the server picks a transition; the panel that shows it scrolls into view. */
export function selectCell(area: Area): void {
  const before = currentLink();
  addressBar.change({ selected: area });
  if (currentLink() !== before) store.setState({ scrollTarget: "transition" });
}

/** Replaces a selected cell by the one transition of it that is shown. */
export function narrowSelection(area: Area): void {
  addressBar.change({ selected: area }, "replace");
}

/** Selects everything, of which the server picks the transition where the term on screen is farthest from zero. */
export function selectLargest(view: View): void {
  addressBar.change({ selected: fullArea(view) });
}

/** The same for the loss, whatever term is on screen. */
export function selectLargestLoss(whole: Area): void {
  addressBar.change({ selected: whole, term: "loss" });
}

/** Moves the selection by so many cells of the map; selects the first cell where nothing is selected. */
export function moveSelection(map: FigureResult, row: number, step: number): void {
  const { selected } = currentLink();
  const size = cellSize(map);
  const next = selected
    ? {
        rows: moveCell(selected.rows, row, size.rows, map.rows),
        steps: moveCell(selected.steps, step, size.steps, map.steps),
      }
    : {
        rows: cellAround(map.rows[0], size.rows, map.rows),
        steps: cellAround(map.steps[0], size.steps, map.steps),
      };
  addressBar.change({ selected: next }, selected ? "replace" : "push");
}

export function deselect(): void {
  addressBar.change({ selected: null });
}

export function selectSlice(slice: Slice): void {
  addressBar.change({ slice });
}

export function clearSlice(): void {
  addressBar.change({ slice: null });
}
