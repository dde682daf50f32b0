import { lazy, memo } from "react";
import { cellSize, isPooled } from "../../lib/cells";
import { placeNoun } from "../../lib/terms";
import type { View } from "../../lib/view";
import { useFigure } from "../../state/page";
import { ColoursSwitch } from "./ColoursSwitch";
import { FigureFrame } from "./FigureFrame";
import styles from "./Figures.module.css";
import { TermBar } from "./TermBar";

const TermMap = lazy(() => import("./TermMap"));
const PlotFigure = lazy(() => import("./PlotFigure"));

interface FiguresProps {
  view: View;
  refused: boolean;
  stale: boolean;
  /** Whether the numbers of the loss are an estimate: figures that are none are older. */
  estimated: boolean;
}

/** One term of the loss as a map over the batch and as a histogram. */
export const Figures = memo(function Figures({ view, refused, stale, estimated }: FiguresProps) {
  const map = useFigure(view.loss.name, "map");
  const histogram = useFigure(view.loss.name, "histogram");
  const term = view.loss.terms.find(({ name }) => name === map?.term) ?? view.term;
  return (
    <section className={styles.figures} aria-label="Term figures">
      <TermBar view={view} pooled={map !== null && isPooled(cellSize(map))} />
      {!refused && (
        <>
          <FigureFrame
            kind="map"
            title="Map"
            help="click selects · drag zooms · double click resets"
            tools={<ColoursSwitch />}
            result={map}
            height="clamp(232px, 100vh - 668px, 560px)"
            stale={stale || (estimated && !map?.estimated)}
            testid="term-map"
          >
            {(result) => <TermMap result={result} term={term} noun={placeNoun(view.loss)} />}
          </FigureFrame>
          <FigureFrame
            kind="histogram"
            result={histogram}
            title="Histogram"
            height="150px"
            stale={stale || (estimated && !histogram?.estimated)}
            testid="term-histogram"
          >
            {(result) => <PlotFigure result={result} title={`Histogram of ${term.name}`} fixed />}
          </FigureFrame>
        </>
      )}
    </section>
  );
});
