import { memo } from "react";
import { type Mark, placeOf } from "../../lib/run_chart";
import type { SnapshotInfo } from "../../lib/types";
import { AlertIcon, StarIcon, StopIcon } from "../icons";
import styles from "./RunChart.module.css";

interface MarkLayerProps {
  marks: readonly Mark[];
  timeline: readonly SnapshotInfo[];
}

/** Marks of the doctor's findings along the steps, distinguished by shape first. */
export const MarkLayer = memo(function MarkLayer({ marks, timeline }: MarkLayerProps) {
  return (
    <div className={styles.marks} aria-hidden="true">
      {marks.map(({ snapshot, verdict, starred }) => (
        <span
          key={snapshot.step}
          className={styles.mark}
          data-verdict={verdict}
          data-kept={starred || undefined}
          data-step={snapshot.step}
          data-testid="run-mark"
          style={{ left: `${placeOf(timeline, snapshot.step) * 100}%` }}
        >
          {verdict === "error" && <StopIcon size={11} />}
          {verdict === "warning" && <AlertIcon size={12} />}
          {verdict === "failed" && "?"}
          {starred && (
            <span className={styles.star}>
              <StarIcon size={9} />
            </span>
          )}
        </span>
      ))}
    </div>
  );
});
