import { numberOf, verdictText } from "../../lib/run_series";
import { count, moment } from "../../lib/sizes";
import type { SnapshotInfo } from "../../lib/types";
import { Num } from "../Num";
import styles from "./RunChart.module.css";

interface SnapshotTipProps {
  snapshot: SnapshotInfo;
  series: string;
  /** Where it lies, 0 to 1. */
  place: number;
}

/** What is known of the snapshot that is pointed at. */
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
      <span>{verdictText(snapshot)}</span>
      {snapshot.pinned && <span>starred: protected from deletion</span>}
      <span className="dim">{moment(snapshot.created)}</span>
    </div>
  );
}
