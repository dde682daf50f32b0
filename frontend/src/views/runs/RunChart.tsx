import { type KeyboardEvent, memo, type PointerEvent, useMemo, useState } from "react";
import { readable } from "../../lib/numbers";
import { newestChanges } from "../../lib/run_changes";
import { curveOf, marksOf, placeOf } from "../../lib/run_chart";
import { statusText } from "../../lib/run_series";
import { nearest } from "../../lib/runs";
import { count, counted } from "../../lib/sizes";
import type { RunInfo, SnapshotInfo } from "../../lib/types";
import { useLink } from "../../state/page";
import type { StepFn } from "../../state/store";
import { ChangeLayer } from "./ChangeLayer";
import { CurveLayer } from "./CurveLayer";
import { MarkLayer } from "./MarkLayer";
import styles from "./RunChart.module.css";
import { SnapshotTip } from "./SnapshotTip";

interface RunChartProps {
  run: RunInfo;
  step: number;
  series: string;
  onPick: (snapshot: SnapshotInfo | null) => void;
  onStep: StepFn;
}

/** Half the thumb: the browser's slider goes no nearer to its ends. */
const INSET = 6;
/** Number of marks that fit side by side. */
const MOST_MARKS = 100;
/** Key steps, in snapshots. */
const KEYS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -10,
  PageUp: 10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** A series over the steps with what the doctor found below; all of it is a slider through the snapshots. */
export const RunChart = memo(function RunChart({ run, step, series, onPick, onStep }: RunChartProps) {
  const { timeline } = run;
  const curve = useMemo(() => curveOf(timeline, series), [timeline, series]);
  const marks = useMemo(() => marksOf(timeline, MOST_MARKS), [timeline]);
  const changes = useMemo(() => newestChanges(run), [run]);
  const pinned = useLink((link) => link.pinned?.snapshot ?? null);
  const [pointed, setPointed] = useState<SnapshotInfo | null>(null);
  const [first, last] = [timeline[0], timeline[timeline.length - 1]];
  if (!first || !last) return <p className="dim">No snapshot is left.</p>;

  const point = (event: PointerEvent<HTMLInputElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - left - INSET) / (width - 2 * INSET);
    setPointed(nearest(timeline, first.step + share * (last.step - first.step)));
  };
  const press = (event: KeyboardEvent) => {
    const by = KEYS[event.key];
    if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    onStep(by);
  };
  return (
    <div className={styles.chart} data-testid="run-chart">
      <div className={styles.scale} aria-hidden="true">
        <span>{curve.range && readable(curve.range[1])}</span>
        <span>{curve.range && curve.range[0] < curve.range[1] && readable(curve.range[0])}</span>
      </div>
      <div className={styles.plot}>
        <div className={styles.layers}>
          {pinned?.run === run.id && (
            <span
              className={styles.pinned}
              style={{ left: percent(placeOf(timeline, pinned.step)) }}
              title="Pinned step"
            />
          )}
          <ChangeLayer changes={changes} timeline={timeline} />
          <CurveLayer curve={curve} timeline={timeline} />
          <MarkLayer marks={marks} timeline={timeline} />
          {pointed && <SnapshotTip snapshot={pointed} series={series} place={placeOf(timeline, pointed.step)} />}
        </div>
        <input
          type="range"
          className={styles.slider}
          min={first.step}
          max={last.step}
          step="any"
          value={step}
          onChange={(event) => onPick(nearest(timeline, event.currentTarget.valueAsNumber))}
          onKeyDown={press}
          onPointerMove={point}
          onPointerLeave={() => setPointed(null)}
          aria-label="Step of the run"
          aria-valuetext={inWords(timeline, step)}
          data-testid="run-slider"
        />
      </div>
      <div className={styles.ends} aria-hidden="true">
        <span className="num">{count(first.step)}</span>
        <span>step</span>
        <span className="num">{count(last.step)}</span>
      </div>
    </div>
  );
});

function inWords(timeline: readonly SnapshotInfo[], step: number): string {
  const at = timeline.findIndex((snapshot) => snapshot.step === step);
  const snapshot = timeline[at];
  if (!snapshot) return `step ${step}, no longer kept`;
  return `step ${step}, ${at + 1} of ${counted(timeline.length, "snapshot")}, ${statusText(snapshot)}`;
}

function percent(share: number): string {
  return `${share * 100}%`;
}
