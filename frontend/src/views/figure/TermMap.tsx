import { useComputedColorScheme } from "@mantine/core";
import { useMemo, useRef } from "react";
import { areaOf, cellSize } from "../../lib/cells";
import { selectionShapes, themedData, themedLayout, withArea } from "../../lib/plot_look";
import { type Area, cellAround, cellsWithin } from "../../lib/ranges";
import type { FigureResult, TermInfo } from "../../lib/types";
import { linkStore, useLink } from "../../state/use_link";
import { useMapKeys } from "../../state/use_map_keys";
import { figureParts } from "./figure_parts";
import { Plot } from "./Plot";

/** Clicks this close together (ms) are one double click: the selection of before the first comes back. */
const DOUBLE_CLICK = 500;

interface TermMapProps {
  result: FigureResult;
  term: TermInfo;
}

/** A term over rows and steps. A click selects a cell, dragging zooms, and the arrow keys do both. */
export default function TermMap({ result, term }: TermMapProps) {
  const { selected } = useLink();
  const dark = useComputedColorScheme("light") === "dark";
  const place = useRef<HTMLDivElement>(null);
  const clicked = useRef<{ at: number; before: Area | null }>({ at: Number.NEGATIVE_INFINITY, before: null });
  const onKeyDown = useMapKeys(result);
  const { data, layout } = useMemo(() => {
    const parts = figureParts(result);
    const look = { dark, signed: term.signed };
    return {
      data: themedData(parts.data, look),
      layout: withArea(themedLayout(parts.layout, look), areaOf(result)),
    };
  }, [result, term.signed, dark]);
  const marked = useMemo(
    () => ({ ...layout, shapes: [...(layout.shapes ?? []), ...(selected ? selectionShapes(selected, dark) : [])] }),
    [layout, selected, dark],
  );

  const select = (step: number, row: number) => {
    place.current?.focus();
    const size = cellSize(result);
    if (performance.now() - clicked.current.at > DOUBLE_CLICK) clicked.current.before = linkStore.get().selected;
    clicked.current.at = performance.now();
    linkStore.update({
      selected: {
        rows: cellAround(Math.round(row), size.rows, result.rows),
        steps: cellAround(Math.round(step), size.steps, result.steps),
      },
    });
  };
  const zoom = (x: readonly [number, number], y: readonly [number, number]) =>
    linkStore.update({ zoom: { rows: cellsWithin(...y, result.rows), steps: cellsWithin(...x, result.steps) } });
  const reset = () => linkStore.update({ zoom: null, selected: clicked.current.before });

  return (
    <div
      ref={place}
      style={{ height: "100%" }}
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the map is operated by keyboard, see useMapKeys
      tabIndex={0}
      onKeyDown={onKeyDown}
      aria-label={`Map of ${term.name}: arrow keys select a transition, plus and minus zoom, 0 shows all, Escape deselects`}
    >
      <Plot data={data} layout={marked} onClick={select} onZoom={zoom} onDoubleClick={reset} />
    </div>
  );
}
