// Parts of Plotly that it calls itself when it draws; of its own types they are left out.

declare module "plotly.js/src/plots/plots" {
  /** What is to be drawn, with every default filled in. */
  export function supplyDefaults(plot: HTMLElement): void;
  /** The same as Plotly's traces draw it. */
  export function doCalcdata(plot: HTMLElement): void;
}

declare module "plotly.js/src/plot_api/subroutines" {
  export function doAutoRangeAndConstraints(plot: HTMLElement): void;
  export function doColorBars(plot: HTMLElement): void;
  export function drawData(plot: HTMLElement): void;
}

declare module "plotly.js/src/plots/cartesian/axes" {
  /** Draws the ticks and labels of the axes with those ids. */
  export function draw(plot: HTMLElement, axes: readonly string[], options: { skipTitle: boolean }): unknown;
}
