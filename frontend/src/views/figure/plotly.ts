import bar from "plotly.js/lib/bar";
import Plotly from "plotly.js/lib/core";
import heatmap from "plotly.js/lib/heatmap";

/** Plotly with the traces that figures use; scatter is always in its core. */
Plotly.register([bar, heatmap]);

export { Plotly };
