import type { KeyboardEvent } from "react";
import { cellSize } from "../lib/cells";
import { type Area, cellAround, clipped, moved, zoomed } from "../lib/ranges";
import { sameArea } from "../lib/selection";
import type { FigureResult, Range } from "../lib/types";
import { linkStore } from "./use_link";

const MOVES: Record<string, readonly [row: number, step: number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** The map by keyboard: arrows move the selection, plus and minus zoom around it or the middle, 0 shows all, Escape deselects. */
export function useMapKeys(result: FigureResult, whole: Area) {
  return (event: KeyboardEvent) => {
    const move = MOVES[event.key];
    if (move) select(result, ...move);
    else if (event.key === "+" || event.key === "=") zoom(0.5, whole);
    else if (event.key === "-") zoom(2, whole);
    else if (event.key === "0") linkStore.update({ zoom: null });
    else if (event.key === "Escape") linkStore.update({ selected: null });
    else return;
    event.preventDefault();
  };
}

function select(result: FigureResult, row: number, step: number): void {
  const { selected } = linkStore.get();
  const size = cellSize(result);
  const next = selected
    ? {
        rows: moved(selected.rows, row, size.rows, result.rows),
        steps: moved(selected.steps, step, size.steps, result.steps),
      }
    : {
        rows: cellAround(result.rows[0], size.rows, result.rows),
        steps: cellAround(result.steps[0], size.steps, result.steps),
      };
  linkStore.update({ selected: next }, selected ? "replace" : "push");
}

/** Zooms around the selection or the middle, from what the link shows: the figure of a quick key may still be on its way. */
function zoom(factor: number, whole: Area): void {
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
