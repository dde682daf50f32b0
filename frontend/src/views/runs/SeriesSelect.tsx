import { NativeSelect } from "@mantine/core";
import { numberOf, seriesOf } from "../../lib/run_series";
import type { RunInfo } from "../../lib/types";
import { Num } from "../Num";
import styles from "./RunStrip.module.css";

interface SeriesSelectProps {
  run: RunInfo;
  step: number;
  series: string;
  onPick: (series: string) => void;
}

/** Selects the series of the time line, and shows its value at the current step. */
export function SeriesSelect({ run, step, series, onPick }: SeriesSelectProps) {
  const { computed, logged } = seriesOf(run);
  const snapshot = run.timeline.find((each) => each.step === step);
  const value = snapshot ? numberOf(snapshot, series) : null;
  const option = ({ key, title }: { key: string; title: string }) => ({ value: key, label: title });
  const known = [...computed, ...logged].some(({ key }) => key === series);
  return (
    <div className={styles.series}>
      <NativeSelect
        size="xs"
        data={[
          ...(known ? [] : [{ value: series, label: "…" }]),
          { group: "Computed with the trained configuration", items: computed.map(option) },
          ...(logged.length > 0 ? [{ group: "Logged by training", items: logged.map(option) }] : []),
        ]}
        value={series}
        onChange={(event) => onPick(event.currentTarget.value)}
        aria-label="What the time line shows"
        data-testid="run-series"
      />
      <span className={styles.value} data-testid="run-value">
        {value !== null ? (
          <Num value={value} />
        ) : (
          <span className="dim">{snapshot?.state === "pending" ? "not yet examined" : "no value"}</span>
        )}
      </span>
    </div>
  );
}
