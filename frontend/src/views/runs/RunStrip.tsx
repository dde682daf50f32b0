import type { BatchInfo, LossInfo } from "../../lib/types";
import { useRemembered } from "../../state/remembered";
import { useSnapshot } from "../../state/use_snapshot";
import { type Steps, useSteps } from "../../state/use_steps";
import { ConfigsNote } from "./ConfigsNote";
import { RunChart } from "./RunChart";
import { RunHead } from "./RunHead";
import styles from "./RunStrip.module.css";
import { SeriesSelect } from "./SeriesSelect";

interface RunStripProps {
  batch: BatchInfo;
  catalogue: readonly LossInfo[];
}

/** The run that the batch belongs to, over its steps: what was logged and found, and the way to every other step. */
export function RunStrip({ batch, catalogue }: RunStripProps) {
  const shown = useSnapshot(batch);
  return shown && <Strip key={shown.run.id} {...shown} batch={batch} catalogue={catalogue} />;
}

type StripProps = NonNullable<ReturnType<typeof useSnapshot>> & RunStripProps;

function Strip({ run, place, batch, catalogue }: StripProps) {
  const steps = useSteps(run, place);
  const [open, setOpen] = useRemembered("mouse-run-open", "yes");
  return (
    <section className={styles.strip} aria-label="Training run" data-testid="run-strip">
      <RunHead run={run} steps={steps} open={open === "yes"} onToggle={() => setOpen(open === "yes" ? "no" : "yes")} />
      {open === "yes" && <Body run={run} steps={steps} />}
      <ConfigsNote place={place} batch={batch} catalogue={catalogue} />
    </section>
  );
}

function Body({ run, steps }: { run: StripProps["run"]; steps: Steps }) {
  const [series, setSeries] = useRemembered("mouse-run-series", "loss");
  return (
    <div className={styles.body}>
      <SeriesSelect run={run} step={steps.step} series={series} onPick={setSeries} />
      <RunChart run={run} step={steps.step} series={series} onPick={steps.scrub} onWalk={steps.walk} />
    </div>
  );
}
