import { memo } from "react";
import { placeOf } from "../../lib/run_chart";
import type { RunChange, SnapshotInfo } from "../../lib/types";
import styles from "./RunChart.module.css";

interface ChangeLayerProps {
  changes: readonly RunChange[];
  timeline: readonly SnapshotInfo[];
}

/** A line at each step where something changed. */
export const ChangeLayer = memo(function ChangeLayer({ changes, timeline }: ChangeLayerProps) {
  return changes.map(({ rule, subject, step, severity, message }) => (
    <span
      key={`${rule} ${subject} ${step}`}
      className={styles.change}
      data-severity={severity}
      data-step={step}
      data-testid="run-change"
      style={{ left: `${placeOf(timeline, step) * 100}%` }}
      title={message}
    />
  ));
});
