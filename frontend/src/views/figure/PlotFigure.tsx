import { useComputedColorScheme } from "@mantine/core";
import { useMemo } from "react";
import { placeOf, sliceAt } from "../../lib/places";
import { themedData, themedLayout, withMargins } from "../../lib/plot_look";
import type { FigureResult } from "../../lib/types";
import { selectSlice, selectTransition } from "../../state/actions/selection";
import { figureParts } from "./figure_parts";
import { Plot } from "./Plot";

interface PlotFigureProps {
  result: FigureResult;
  title: string;
  /** Whether its margins are fixed, as those of the map are. */
  fixed?: boolean;
}

/** Any figure of the server. Clicking a transition selects it; clicking a class makes it the slice. */
export default function PlotFigure({ result, title, fixed }: PlotFigureProps) {
  const dark = useComputedColorScheme("light") === "dark";
  const { data, layout } = useMemo(() => {
    const parts = figureParts(result);
    const look = { dark, signed: false };
    const layout = themedLayout(parts.layout, look);
    return { data: themedData(parts.data, look), layout: fixed ? withMargins(layout) : layout };
  }, [result, dark, fixed]);
  const select = (_x: number, _y: number, customdata: unknown) => {
    const [place, slice] = [placeOf(customdata), sliceAt(customdata)];
    if (slice) selectSlice(slice);
    else if (place) selectTransition(place);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a figure element brings margins; the caption stands in the frame
    <div role="figure" aria-label={`${title}: ${result.note}`} style={{ height: "100%" }}>
      <Plot data={data} layout={layout} onClick={select} />
    </div>
  );
}
