import { Button, Switch, Tooltip } from "@mantine/core";
import { sequencesText } from "../../lib/run_series";
import { isLive } from "../../lib/runs";
import { count, counted } from "../../lib/sizes";
import type { RunInfo } from "../../lib/types";
import { useConnection } from "../../state/live";
import { useNow } from "../../state/use_now";
import type { Steps } from "../../state/use_steps";
import { ChevronIcon } from "../icons";
import { LiveDot } from "./LiveDot";
import styles from "./RunStrip.module.css";
import { SnapshotTools } from "./SnapshotTools";
import { Walk } from "./Walk";

interface RunHeadProps {
  run: RunInfo;
  steps: Steps;
  open: boolean;
  onToggle: () => void;
}

/** Which run and step is on screen, and what can be done with it. */
export function RunHead({ run, steps, open, onToggle }: RunHeadProps) {
  return (
    <header className={styles.head}>
      <button
        type="button"
        className={styles.toggle}
        onClick={onToggle}
        aria-expanded={open}
        aria-label={open ? "Hide the time line" : "Show the time line"}
        data-testid="run-toggle"
      >
        <ChevronIcon size={14} />
      </button>
      <Where run={run} step={steps.step} />
      <Walk run={run} steps={steps} />
      <SnapshotTools run={run} step={steps.step} />
      <Follow run={run} steps={steps} />
    </header>
  );
}

function Where({ run, step }: { run: RunInfo; step: number }) {
  const now = useNow();
  const at = run.timeline.findIndex((snapshot) => snapshot.step === step);
  const sequences = run.timeline[at]?.sequences;
  return (
    <p className={styles.where}>
      <b className={styles.name} title={run.name} data-testid="run-name">
        {run.name}
      </b>
      {isLive(run, now) && <LiveDot />}
      <span className={styles.step}>
        step{" "}
        <span className="num" data-testid="run-step" data-value={step}>
          {count(step)}
        </span>
      </span>
      <span className={styles.fact}>
        {at < 0 ? "no longer kept" : `${count(at + 1)} of ${counted(run.timeline.length, "snapshot")}`}
      </span>
      {sequences && (
        <Tooltip label="Only some of the sequences of the training batch were sent: every number here is of those.">
          <span className={styles.sampled} data-testid="run-sequences">
            {sequencesText(sequences)}
          </span>
        </Tooltip>
      )}
      {run.dropped > 0 && (
        <Tooltip label="The oldest snapshots make room for new ones; one with a star stays.">
          <span className={styles.fact} data-testid="run-dropped">
            {count(run.dropped)} dropped
          </span>
        </Tooltip>
      )}
    </p>
  );
}

function Follow({ run, steps }: Pick<RunHeadProps, "run" | "steps">) {
  const lost = useConnection() === "lost";
  const catchUp = () => steps.scrub(run.timeline[run.timeline.length - 1] ?? null);
  return (
    <div className={styles.follow}>
      {lost && (
        <span className="dim" role="status" data-testid="run-reconnecting">
          reconnecting…
        </span>
      )}
      {steps.news > 0 && (
        <Button size="compact-xs" variant="light" onClick={catchUp} data-testid="run-news">
          {count(steps.news)} new
        </Button>
      )}
      <Tooltip label="Goes to each new snapshot as it comes; pauses when you go to an earlier step.">
        <Switch
          size="xs"
          label="Follow"
          checked={steps.following}
          onChange={(event) => (event.currentTarget.checked ? catchUp() : steps.setFollowing(false))}
          data-testid="run-follow"
        />
      </Tooltip>
    </div>
  );
}
