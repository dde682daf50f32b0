import bar from "plotly.js/lib/bar";
import Plotly from "plotly.js/lib/core";
import heatmap from "plotly.js/lib/heatmap";

/** Plotly with the traces that figures use; scatter is always in its core. */
Plotly.register([bar, heatmap]);

interface Hover {
  readonly Fx: { unhover: (plot: HTMLElement) => void };
}

/** Takes away what a plot shows under the pointer. Plotly documents it but its types lack it. */
export const { unhover } = (Plotly as unknown as Hover).Fx;

export { Plotly };
