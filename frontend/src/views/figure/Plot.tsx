import type { Data, Layout, PlotlyHTMLElement } from "plotly.js";
import { useEffect, useLayoutEffect, useRef } from "react";
import { PLOT_CONFIG } from "../../lib/plot_look";
import { store } from "../../state/page";
import { drawNewData, sameTraces } from "./new_data";
import { Plotly, unhover } from "./plotly";

export interface PlotEvents {
  /** The position of the point, and what the server attached to it. */
  onClick?: (x: number, y: number, customdata: unknown) => void;
  onZoom?: (x: readonly [number, number], y: readonly [number, number]) => void;
  onDoubleClick?: () => void;
}

interface PlotProps extends PlotEvents {
  data: Data[];
  layout: Partial<Layout>;
}

/** A Plotly figure that fills its parent; the seam to a library that owns its own piece of the document. */
export function Plot({ data, layout, ...events }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const listeners = useRef<PlotEvents>(events);
  listeners.current = events;
  const drawing = useRef<Promise<unknown>>(Promise.resolve());

  const looks = useRef("");

  useLayoutEffect(() => {
    const div = place.current;
    if (!div) return;
    const before = looks.current;
    looks.current = JSON.stringify(layout);
    if (store.getState().dragging && isDrawn(div) && before === looks.current && sameTraces(div.data, data)) {
      drawNewData(div, data);
    } else {
      drawing.current = Plotly.react(div, data, layout, PLOT_CONFIG).then((plot) => listen(plot, listeners));
    }
  }, [data, layout]);

  useEffect(() => {
    const div = place.current;
    if (!div) return;
    const observer = new ResizeObserver(() => {
      if (isDrawn(div)) drawing.current = Promise.resolve(Plotly.Plots.resize(div));
    });
    observer.observe(div);
    return () => {
      observer.disconnect();
      // Plotly draws in several steps and fails in the next one when the plot is gone: let it finish.
      void drawing.current.finally(() => Plotly.purge(div));
    };
  }, []);

  // A key moves the selection or the zoom away from under the pointer, and what hovers there with it.
  useEffect(() => {
    const leave = () => place.current && isDrawn(place.current) && unhover(place.current);
    window.addEventListener("keydown", leave);
    return () => window.removeEventListener("keydown", leave);
  }, []);

  // Contained: Plotly measures its labels, and the browser need not lay out the page for that.
  return <div ref={place} style={{ width: "100%", height: "100%", contain: "strict" }} />;
}

function isDrawn(div: HTMLElement): div is PlotlyHTMLElement & Record<"_fullLayout", unknown> {
  return "_fullLayout" in div;
}

const listening = new WeakSet<HTMLElement>();

function listen(plot: PlotlyHTMLElement, events: { current: PlotEvents }): void {
  if (listening.has(plot)) return;
  listening.add(plot);
  // The browser counts clicks by when the user made them, Plotly by when a busy page came to them.
  plot.on("plotly_click", ({ points: [point], event }) => {
    if (point && event.detail < 2) events.current.onClick?.(Number(point.x), Number(point.y), point.customdata);
  });
  plot.addEventListener("click", ({ detail, target }) => {
    if (detail === 2 && target instanceof Element && target.matches(".drag")) events.current.onDoubleClick?.();
  });
  plot.on("plotly_relayout", (change) => {
    const [x0, x1] = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
    const [y0, y1] = [change["yaxis.range[0]"], change["yaxis.range[1]"]];
    if (x0 === undefined && y0 === undefined) return;
    const { xaxis, yaxis } = plot.layout;
    events.current.onZoom?.([x0 ?? end(xaxis, 0), x1 ?? end(xaxis, 1)], [y0 ?? end(yaxis, 0), y1 ?? end(yaxis, 1)]);
  });
}

function end(axis: { range?: unknown } | undefined, side: 0 | 1): number {
  return Array.isArray(axis?.range) ? Number(axis.range[side]) : 0;
}
