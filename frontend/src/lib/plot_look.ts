import type { Config, Data, Layout, Shape } from "plotly.js";
import type { Area } from "./ranges";
import type { Range } from "./types";

type Json = Readonly<Record<string, unknown>>;

/** The page's style for every figure of the server: fonts, colours, margins. Data and titles are unchanged. */
export interface Look {
  readonly dark: boolean;
  /** Whether both signs mean something, so that colours part at zero. */
  readonly signed: boolean;
}

const FONT = '"Inter", system-ui, sans-serif';
const INK = { light: "#454d58", dark: "#b4bcc6" };
const LINE = { light: "#e1e4e9", dark: "#2a2f36" };
export const SURFACE = { light: "#ffffff", dark: "#15181c" };
const MARK = { light: "#181b20", dark: "#ffffff" };
export const BAR = { light: "#3b5bdb", dark: "#748ffc" };

/** Blue for negative, orange for positive, through the page's own surface: told apart with any colour vision. */
const DIVERGING: Record<Scheme, [number, string][]> = {
  light: [
    [0, "#053061"],
    [0.25, "#4393c3"],
    [0.5, "#f7f7f7"],
    [0.75, "#f4a05a"],
    [1, "#8c3a00"],
  ],
  dark: [
    [0, "#b5dcf7"],
    [0.25, "#3f8fc7"],
    [0.5, "#1d2126"],
    [0.75, "#d9772b"],
    [1, "#ffd9a8"],
  ],
};

type Scheme = "light" | "dark";

/** Else Plotly measures all labels anew for each of them, which takes half of a drawing; margins leave them room. */
const LABELS = { ticklabeloverflow: "allow" } as const;

export const PLOT_CONFIG: Partial<Config> = {
  displaylogo: false,
  showSendToCloud: false,
  doubleClick: false,
  displayModeBar: false,
  showTips: false,
};

export function themedData(data: readonly Json[], { dark, signed }: Look): Data[] {
  const scheme = dark ? "dark" : "light";
  return data.map((trace) => {
    if (trace.type === "heatmap" && trace.showscale !== false) {
      const colorscale = signed || trace.zmid === 0 ? DIVERGING[scheme] : "Viridis";
      return { ...trace, colorscale, colorbar: colorbar(scheme, trace.colorbar) };
    }
    if (trace.type === "bar" && !trace.marker) return { ...trace, marker: { color: BAR[scheme], line: { width: 0 } } };
    return trace;
  }) as Data[];
}

/** With the server's ticks but without a title: what the colours mean stands above the figure. */
function colorbar(scheme: Scheme, own: unknown): Json {
  const look = { ...LABELS, thickness: 10, outlinewidth: 0, xpad: 6, tickfont: { size: 10, color: INK[scheme] } };
  return { ...asJson(own), title: undefined, ...look };
}

export function themedLayout(layout: Json, { dark }: Look): Partial<Layout> {
  const scheme = dark ? "dark" : "light";
  const axis = {
    gridcolor: LINE[scheme],
    linecolor: LINE[scheme],
    zeroline: false,
    automargin: true,
    ...LABELS,
    ticks: "outside",
    tickcolor: LINE[scheme],
    ticklen: 4,
  };
  const axes = Object.entries({ xaxis: {}, yaxis: {}, ...layout }).filter(([key]) => /^[xy]axis\d*$/.test(key));
  return {
    ...layout,
    ...Object.fromEntries(axes.map(([key, own]) => [key, { ...axis, ...apart(key, asJson(own)) }])),
    ...(Array.isArray(layout.shapes) && { shapes: layout.shapes.map((shape) => inked(asJson(shape), scheme)) }),
    height: undefined,
    autosize: true,
    font: { family: FONT, size: 11, color: INK[scheme] },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: SURFACE[scheme],
    margin: { l: 48, r: 12, t: 8, b: 40 },
    legend: { bgcolor: "rgba(0,0,0,0)", itemclick: false, itemdoubleclick: false, ...asJson(layout.legend) },
    hoverlabel: { font: { family: FONT, size: 12 } },
  } as Partial<Layout>;
}

/** Left on its own, the title of an upright axis touches the numbers beside it. */
function apart(axis: string, own: Json): Json {
  return own.title && axis.startsWith("y") ? { ...own, title: { standoff: 8, ...asJson(own.title) } } : own;
}

/** A line without a colour of its own takes the ink of the page. */
function inked(shape: Json, scheme: Scheme): Json {
  return { ...shape, line: { color: MARK[scheme], ...asJson(shape.line) } };
}

/** Fixed margins, the same for all figures of a term: looking for room takes a third of the time of a drawing. */
export function withMargins(layout: Partial<Layout>): Partial<Layout> {
  return {
    ...layout,
    margin: { l: 62, r: 24, t: 8, b: 44 },
    xaxis: { ...layout.xaxis, automargin: false },
    yaxis: { ...layout.yaxis, automargin: false },
  };
}

/** A map's axes show exactly the area that the server drew, first row on top, with whole numbers only. */
export function withArea(layout: Partial<Layout>, area: Area | null): Partial<Layout> {
  if (!area) {
    const fixed = { autorange: false, showgrid: false } as const;
    return { ...layout, xaxis: { ...layout.xaxis, ...fixed }, yaxis: { ...layout.yaxis, ...fixed } };
  }
  const { rows, steps } = area;
  return {
    ...layout,
    xaxis: { ...layout.xaxis, ...ticks(steps), range: [steps[0] - 0.5, steps[1] - 0.5] },
    yaxis: { ...layout.yaxis, ...ticks(rows), range: [rows[1] - 0.5, rows[0] - 0.5] },
  };
}

function ticks(range: Range): Partial<Layout["xaxis"]> {
  const whole = range[1] - range[0] < 8 ? { tick0: 0, dtick: 1 } : {};
  return { ...whole, autorange: false, showgrid: false };
}

/** The outline of the selected cell, with a halo for any colour beneath, on a cross that leads the eye to it. */
export function selectionShapes({ rows, steps }: Area, dark: boolean): Partial<Shape>[] {
  const [ink, halo] = dark ? [MARK.dark, MARK.light] : [MARK.light, MARK.dark];
  const box = { type: "rect", x0: steps[0] - 0.5, x1: steps[1] - 0.5, y0: rows[0] - 0.5, y1: rows[1] - 0.5 } as const;
  const [x, y] = [(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2];
  const down = { type: "line", xref: "x", x0: x, x1: x, yref: "paper", y0: 0, y1: 1 } as const;
  const across = { type: "line", yref: "y", y0: y, y1: y, xref: "paper", x0: 0, x1: 1 } as const;
  return [down, across]
    .flatMap((line): Partial<Shape>[] => [
      { ...line, line: { color: halo, width: 1 }, opacity: 0.6 },
      { ...line, line: { color: ink, width: 1, dash: "dot" }, opacity: 0.6 },
    ])
    .concat({ ...box, line: { color: halo, width: 4 } }, { ...box, line: { color: ink, width: 2 } });
}

function asJson(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}
