import type { PlotlyHTMLElement } from "plotly.js";
import { captioned } from "../../lib/picture";
import { PLOT_CONFIG } from "../../lib/plot_look";
import { Plotly } from "./plotly";

/** A figure as it is on screen, in its colours and size, with a caption: SVG as text, PNG at twice the size as bytes. */
export async function svgOf(frame: HTMLElement, title: string, lines: readonly string[]): Promise<string> {
  const address = await imageOf(frame, title, lines, { format: "svg", scale: 1 });
  return decodeURIComponent(contentOf(address));
}

export async function pngOf(frame: HTMLElement, title: string, lines: readonly string[]): Promise<BlobPart> {
  const address = await imageOf(frame, title, lines, { format: "png", scale: 2 });
  return Uint8Array.from(atob(contentOf(address)), (byte) => byte.charCodeAt(0));
}

/** Decodes the part of a data: URL after the comma, which the page's CSP forbids to fetch. */
function contentOf(address: string): string {
  return address.slice(address.indexOf(",") + 1);
}

interface Kind {
  readonly format: "svg" | "png";
  readonly scale: number;
}

function imageOf(frame: HTMLElement, title: string, lines: readonly string[], kind: Kind): Promise<string> {
  const plot = frame.querySelector<PlotlyHTMLElement>(".js-plotly-plot");
  if (!plot) throw new Error("The figure is not drawn yet.");
  const size = { width: plot.clientWidth, height: plot.clientHeight };
  const dark = document.documentElement.dataset.mantineColorScheme === "dark";
  const layout = captioned(plot.layout, size, title, lines, dark);
  const data = plot.data.map((trace) => ({ ...trace }));
  return Plotly.toImage(
    { data, layout, config: PLOT_CONFIG },
    { ...kind, width: layout.width ?? size.width, height: layout.height ?? size.height },
  );
}
