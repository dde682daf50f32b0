import { useComputedColorScheme } from "@mantine/core";
import { useMemo } from "react";
import { themedData, themedLayout } from "../../lib/plot_look";
import type { FigureResult, TermInfo } from "../../lib/types";
import { figureParts } from "./figure_parts";
import { Plot } from "./Plot";

interface HistogramProps {
  result: FigureResult;
  term: TermInfo;
}

/** How often which value of a term occurs in the part of the batch that the map shows. */
export default function Histogram({ result, term }: HistogramProps) {
  const dark = useComputedColorScheme("light") === "dark";
  const { data, layout } = useMemo(() => {
    const parts = figureParts(result);
    const look = { dark, signed: term.signed };
    return { data: themedData(parts.data, look), layout: themedLayout(parts.layout, look) };
  }, [result, term.signed, dark]);
  return <Plot data={data} layout={layout} />;
}
