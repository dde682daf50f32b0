import { type Link, toQuery } from "../../lib/link";
import { areaAt } from "../../lib/places";
import { type Area, clipped, zoomed } from "../../lib/ranges";
import { sameArea } from "../../lib/selection";
import type { Colours, Pool, Range } from "../../lib/types";
import { addressBar, currentLink } from "../page";

export function selectTerm(term: string): void {
  addressBar.change({ term });
}

/** Shows another index of the term's third dimension. */
export function selectComponent(component: number): void {
  addressBar.change({ component });
}

/** Shows the map of a field of the batch. */
export function selectField(term: string): void {
  addressBar.change({ term, component: 0 });
}

/** Shows one entry of a field in the whole map. */
export function showEntry(term: string, component: number, place: readonly [row: number, step: number]): void {
  addressBar.change({ term, component, selected: areaAt(place), zoom: null });
}

export function setPool(pool: Pool): void {
  addressBar.change({ pool });
}

export function setColours(colours: Colours): void {
  addressBar.change({ colours });
}

export function toggleColours(): void {
  setColours(currentLink().colours === "symlog" ? "linear" : "symlog");
}

export function zoomTo(zoom: Area): void {
  addressBar.change({ zoom });
}

export function resetZoom(): void {
  addressBar.change({ zoom: null });
}

/** Resets the zoom by a double click, whose first click selected a cell: that is taken back with its history step. */
export function resetZoomByDoubleClick(beforeClick: Link): void {
  const step = toQuery(beforeClick) === toQuery(currentLink()) ? "push" : "replace";
  addressBar.change({ zoom: null, selected: beforeClick.selected }, step);
}

/** Zooms around the selection or the middle, from what the link shows: the figure of a quick key may be in flight. */
export function zoomBy(factor: number, whole: Area): void {
  const { selected, zoom } = currentLink();
  const visible = clipped(zoom, whole) ?? whole;
  const limits = factor < 1 ? visible : whole;
  const next = {
    rows: zoomed(visible.rows, factor, middle(selected?.rows ?? visible.rows), limits.rows),
    steps: zoomed(visible.steps, factor, middle(selected?.steps ?? visible.steps), limits.steps),
  };
  addressBar.change({ zoom: sameArea(next, whole) ? null : next });
}

function middle(range: Range): number {
  return (range[0] + range[1]) / 2;
}
