import { useComputedColorScheme } from "@mantine/core";
import { useMemo } from "react";
import { themedData, themedLayout } from "../../lib/plot_look";
import type { ScanFigure } from "../../lib/types";
import { Plot } from "../figure/Plot";

interface ScanPlotProps {
  figure: ScanFigure;
  title: string;
  /** What a click on a point does with the first thing that is attached to it. */
  onPick?: (value: unknown) => void;
}

/** A figure of a scan, in the colours of the page. */
export default function ScanPlot({ figure: { figure, note }, title, onPick }: ScanPlotProps) {
  const dark = useComputedColorScheme("light") === "dark";
  const { data, layout } = useMemo(() => {
    const look = { dark, signed: false };
    return { data: themedData(figure.data, look), layout: themedLayout(figure.layout, look) };
  }, [figure, dark]);
  const click = (_x: number, _y: number, custom: unknown) => Array.isArray(custom) && onPick?.(custom[0]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a figure element brings margins; the caption stands below
    <div role="figure" aria-label={`${title}: ${note}`} style={{ height: "100%" }}>
      <Plot data={data} layout={layout} onClick={click} />
    </div>
  );
}
