import { useComputedColorScheme } from "@mantine/core";
import { useMemo, useRef } from "react";
import { areaOf, cellSize } from "../../lib/cells";
import { boxesOf, rowAt, rowsWithin } from "../../lib/fold";
import type { Link } from "../../lib/link";
import { selectionShapes, themedData, themedLayout, withArea, withMargins } from "../../lib/plot_look";
import { cellAround, cellsAround, cellsWithin, clipped } from "../../lib/ranges";
import type { FigureResult, TermInfo } from "../../lib/types";
import { resetZoomByDoubleClick, zoomTo } from "../../state/actions/map";
import { selectCell } from "../../state/actions/selection";
import { currentLink, useLink } from "../../state/page";
import { usePublished } from "../../state/use_published";
import { figureParts } from "./figure_parts";
import { Plot } from "./Plot";

interface TermMapProps {
  result: FigureResult;
  term: TermInfo;
  noun: string;
}

/** A term over rows and steps. A click selects a cell, dragging zooms, and the arrow keys do both. */
export default function TermMap({ result, term, noun }: TermMapProps) {
  const selected = useLink(({ selected }) => selected);
  usePublished("map", result);
  const dark = useComputedColorScheme("light") === "dark";
  const place = useRef<HTMLDivElement>(null);
  const beforeClick = useRef<Link | null>(null);
  const { data, layout } = useMemo(() => {
    const parts = figureParts(result);
    const look = { dark, signed: term.signed || result.side === "difference" };
    return {
      data: themedData(parts.data, look),
      layout: withArea(withMargins(themedLayout(parts.layout, look)), result.fold ? null : areaOf(result)),
    };
  }, [result, term.signed, dark]);
  const marked = useMemo(() => {
    const visible = clipped(selected, areaOf(result));
    const cells = visible && cellsAround(visible, cellSize(result), areaOf(result));
    const whole = cells && cells.rows[1] - cells.rows[0] === result.rows[1] - result.rows[0];
    const boxes = !cells ? [] : !result.fold ? [cells] : whole ? [] : boxesOf(cells, result).slice(0, 8);
    const marks = boxes.flatMap((box) => selectionShapes(box, dark));
    return { ...layout, shapes: [...(layout.shapes ?? []), ...marks] };
  }, [layout, result, selected, dark]);

  const select = (step: number, row: number) => {
    place.current?.focus();
    const size = cellSize(result);
    beforeClick.current = currentLink();
    const at = result.fold ? rowAt(step, row) : Math.round(row);
    if (at >= result.rows[1]) return;
    selectCell({
      rows: cellAround(at, size.rows, result.rows),
      steps: result.fold ? result.steps : cellAround(Math.round(step), size.steps, result.steps),
    });
  };
  const zoom = (x: readonly [number, number], y: readonly [number, number]) =>
    zoomTo(
      result.fold
        ? { rows: rowsWithin(y, result), steps: result.steps }
        : { rows: cellsWithin(...y, result.rows), steps: cellsWithin(...x, result.steps) },
    );
  const reset = () => {
    if (beforeClick.current?.zoom) resetZoomByDoubleClick(beforeClick.current);
  };

  return (
    <div
      ref={place}
      style={{ height: "100%" }}
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the map is operated by keyboard, see state/keys.ts
      tabIndex={0}
      aria-label={`Map of ${term.name}: arrow keys select a ${noun}, plus and minus zoom, 0 shows the whole map, Escape deselects`}
    >
      <Plot data={data} layout={marked} onClick={select} onZoom={zoom} onDoubleClick={reset} />
    </div>
  );
}
