import type { KeyboardEvent } from "react";
import { cellSize } from "../lib/cells";
import { cellAround, moved, zoomed } from "../lib/ranges";
import type { FigureResult } from "../lib/types";
import { linkStore } from "./use_link";

const MOVES: Record<string, readonly [row: number, step: number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** The map by keyboard: arrows move the selection, plus and minus zoom around it, 0 shows all, Escape deselects. */
export function useMapKeys(result: FigureResult) {
  return (event: KeyboardEvent) => {
    const move = MOVES[event.key];
    if (move) select(result, ...move);
    else if (event.key === "+" || event.key === "=") zoom(result, 0.5);
    else if (event.key === "-") zoom(result, 2);
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

function zoom(result: FigureResult, factor: number): void {
  const { selected } = linkStore.get();
  const [row, step] = [(selected?.rows ?? result.rows)[0], (selected?.steps ?? result.steps)[0]];
  if (factor > 1) {
    linkStore.update({ zoom: null });
    return;
  }
  linkStore.update({
    zoom: {
      rows: zoomed(result.rows, factor, row, result.rows),
      steps: zoomed(result.steps, factor, step, result.steps),
    },
  });
}
