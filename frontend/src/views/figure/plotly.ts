import bar from "plotly.js/lib/bar";
import Plotly from "plotly.js/lib/core";
import heatmap from "plotly.js/lib/heatmap";

/** Plotly with the traces that figures use; scatter is always in its core. */
Plotly.register([bar, heatmap]);

/** Plotly documents it but its types lack it. */
interface Hover {
  readonly Fx: { unhover: (plot: HTMLElement) => void };
}

interface Layout {
  _rehover?: (() => void) | null;
}

/** Removes the hover label of a plot, also from its next drawing, until the pointer moves again. */
export function unhover(plot: HTMLElement & Record<"_fullLayout", unknown>): void {
  (plot._fullLayout as Layout)._rehover = null;
  (Plotly as unknown as Hover).Fx.unhover(plot);
}

export { Plotly };
