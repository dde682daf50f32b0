import { lazy, memo } from "react";
import { placeNoun } from "../../lib/terms";
import type { FigureResult } from "../../lib/types";
import type { View } from "../../lib/view";
import type { Answer } from "../../state/use_evaluation";
import { FigureFrame } from "./FigureFrame";
import styles from "./Figures.module.css";
import { TermBar } from "./TermBar";

const TermMap = lazy(() => import("./TermMap"));
const PlotFigure = lazy(() => import("./PlotFigure"));

interface FiguresProps {
  view: View;
  answer: Answer | null;
  refused: boolean;
  stale: boolean;
}

/** One term of the loss as a map over the batch and as a histogram. */
export const Figures = memo(function Figures({ view, answer, refused, stale }: FiguresProps) {
  const figures = answer?.evaluation.figures.filter((figure) => figure.loss === view.loss.name) ?? [];
  const of = (kind: string): FigureResult | null => figures.find((figure) => figure.kind === kind) ?? null;
  const [map, histogram] = [of("map"), of("histogram")];
  const term = view.loss.terms.find(({ name }) => name === map?.term) ?? view.term;
  return (
    <section className={styles.figures} aria-label="Term figures">
      <TermBar view={view} result={answer?.evaluation.losses[view.loss.name]} map={map} />
      {!refused && (
        <>
          <FigureFrame
            kind="map"
            title="Map"
            help="click or arrow keys select · drag zooms · double click resets"
            result={map}
            height="clamp(232px, 100vh - 668px, 560px)"
            stale={stale}
            testid="term-map"
          >
            {(result) => <TermMap result={result} term={term} noun={placeNoun(view.loss)} />}
          </FigureFrame>
          <FigureFrame
            kind="histogram"
            result={histogram}
            title="Histogram"
            height="150px"
            stale={stale}
            testid="term-histogram"
          >
            {(result) => <PlotFigure result={result} title={`Histogram of ${term.name}`} />}
          </FigureFrame>
        </>
      )}
    </section>
  );
});
