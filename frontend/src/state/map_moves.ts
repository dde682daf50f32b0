import { cellSize } from "../lib/cells";
import { type Area, cellAround, clipped, moved, zoomed } from "../lib/ranges";
import { sameArea } from "../lib/selection";
import type { FigureResult, Range } from "../lib/types";
import { linkStore } from "./use_link";

/** Moves the selection by so many cells of the map; where nothing is selected, selects the first cell. */
export function moveSelection(map: FigureResult, row: number, step: number): void {
  const { selected } = linkStore.get();
  const size = cellSize(map);
  const next = selected
    ? {
        rows: moved(selected.rows, row, size.rows, map.rows),
        steps: moved(selected.steps, step, size.steps, map.steps),
      }
    : {
        rows: cellAround(map.rows[0], size.rows, map.rows),
        steps: cellAround(map.steps[0], size.steps, map.steps),
      };
  linkStore.update({ selected: next }, selected ? "replace" : "push");
}

/** Zooms around the selection or the middle, from what the link shows: the figure of a quick key may still be on its way. */
export function zoomMap(factor: number, whole: Area): void {
  const { selected, zoom } = linkStore.get();
  const shown = clipped(zoom, whole) ?? whole;
  const limits = factor < 1 ? shown : whole;
  const next = {
    rows: zoomed(shown.rows, factor, middle(selected?.rows ?? shown.rows), limits.rows),
    steps: zoomed(shown.steps, factor, middle(selected?.steps ?? shown.steps), limits.steps),
  };
  linkStore.update({ zoom: sameArea(next, whole) ? null : next });
}

function middle(range: Range): number {
  return (range[0] + range[1]) / 2;
}
