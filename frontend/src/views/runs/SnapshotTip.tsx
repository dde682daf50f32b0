import { numberOf, statusText } from "../../lib/run_series";
import { count, formatDateTime } from "../../lib/sizes";
import type { SnapshotInfo } from "../../lib/types";
import { Num } from "../Num";
import styles from "./RunChart.module.css";

interface SnapshotTipProps {
  snapshot: SnapshotInfo;
  series: string;
  /** Where it lies, 0 to 1. */
  place: number;
}

/** The tooltip of the hovered snapshot. */
export function SnapshotTip({ snapshot, series, place }: SnapshotTipProps) {
  const value = numberOf(snapshot, series);
  return (
    <div
      className={styles.tip}
      style={{ left: `${place * 100}%` }}
      data-late={place > 0.5 || undefined}
      data-testid="run-tip"
    >
      <b>step {count(snapshot.step)}</b>
      <span>
        {series.replace(/^metric\./, "")} {value === null ? "has no value" : <Num value={value} />}
      </span>
      <span>{statusText(snapshot)}</span>
      {snapshot.pinned && <span>starred: protected from deletion</span>}
      <span className="dim">{formatDateTime(snapshot.created)}</span>
    </div>
  );
}
