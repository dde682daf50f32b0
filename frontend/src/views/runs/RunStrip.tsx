import type { BatchInfo, LossInfo } from "../../lib/types";
import { type RunNavigation, useRunNavigation } from "../../state/run_navigation";
import { useStoredChoice } from "../../state/stored_choice";
import { useSnapshot } from "../../state/use_snapshot";
import { ChangeList } from "./ChangeList";
import { ConfigsNote } from "./ConfigsNote";
import { RunChart } from "./RunChart";
import { RunHead } from "./RunHead";
import styles from "./RunStrip.module.css";
import { SeriesSelect } from "./SeriesSelect";

interface RunStripProps {
  batch: BatchInfo;
  catalogue: readonly LossInfo[];
}

/** The time line of the batch's run: metrics and findings over the steps, and navigation. */
export function RunStrip({ batch, catalogue }: RunStripProps) {
  const snapshot = useSnapshot(batch);
  return snapshot && <Strip key={snapshot.run.id} {...snapshot} batch={batch} catalogue={catalogue} />;
}

type StripProps = NonNullable<ReturnType<typeof useSnapshot>> & RunStripProps;

function Strip({ run, place, batch, catalogue }: StripProps) {
  const navigation = useRunNavigation(run, place);
  const [open, setOpen] = useStoredChoice("mouse-run-open", "yes");
  return (
    <section className={styles.strip} aria-label="Training run" data-testid="run-strip">
      <RunHead
        run={run}
        navigation={navigation}
        open={open === "yes"}
        onToggle={() => setOpen(open === "yes" ? "no" : "yes")}
      />
      {open === "yes" && <Body run={run} navigation={navigation} />}
      {open === "yes" && <ChangeList run={run} navigation={navigation} />}
      <ConfigsNote place={place} batch={batch} catalogue={catalogue} />
    </section>
  );
}

function Body({ run, navigation }: { run: StripProps["run"]; navigation: RunNavigation }) {
  const [series, setSeries] = useStoredChoice("mouse-run-series", "loss");
  return (
    <div className={styles.body}>
      <SeriesSelect run={run} step={navigation.step} series={series} onPick={setSeries} />
      <RunChart run={run} step={navigation.step} series={series} onPick={navigation.scrub} onStep={navigation.stepBy} />
    </div>
  );
}
