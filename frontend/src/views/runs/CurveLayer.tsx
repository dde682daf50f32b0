import { memo } from "react";
import { readable } from "../../lib/numbers";
import { type Curve, placeOf } from "../../lib/run_chart";
import type { SnapshotInfo } from "../../lib/types";
import styles from "./RunChart.module.css";

/** With more snapshots only the line is drawn. */
const MOST_DOTS = 60;

interface CurveLayerProps {
  curve: Curve;
  timeline: readonly SnapshotInfo[];
}

/** The line through what is finite, and a cross at the edge for what is not. */
export const CurveLayer = memo(function CurveLayer({ curve, timeline }: CurveLayerProps) {
  return (
    <div className={styles.curve}>
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
        <path d={curve.line} className={styles.line} data-testid="run-line" />
        {timeline.length <= MOST_DOTS && <path d={curve.dots} className={styles.dots} />}
      </svg>
      {curve.strays.map(({ step, value, edge }) => (
        <span
          key={step}
          className={styles.stray}
          data-edge={edge}
          data-testid="run-stray"
          style={{ left: `${placeOf(timeline, step) * 100}%` }}
          title={readable(value)}
        />
      ))}
    </div>
  );
});
