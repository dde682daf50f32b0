import { Button, Switch, Tooltip } from "@mantine/core";
import { sequencesText } from "../../lib/run_series";
import { isLive } from "../../lib/runs";
import { count, counted } from "../../lib/sizes";
import type { RunInfo } from "../../lib/types";
import { escapeInvisible } from "../../lib/visible";
import { usePage } from "../../state/page";
import type { RunNavigation } from "../../state/run_navigation";
import { useNow } from "../../state/use_now";
import { ChevronIcon } from "../icons";
import { LiveDot } from "./LiveDot";
import styles from "./RunStrip.module.css";
import { SnapshotTools } from "./SnapshotTools";
import { StepButtons } from "./StepButtons";

interface RunHeadProps {
  run: RunInfo;
  navigation: RunNavigation;
  open: boolean;
  onToggle: () => void;
}

/** The current run and step, with actions. */
export function RunHead({ run, navigation, open, onToggle }: RunHeadProps) {
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
      <Where run={run} step={navigation.step} />
      <StepButtons run={run} navigation={navigation} />
      <SnapshotTools run={run} step={navigation.step} />
      <Follow run={run} navigation={navigation} />
    </header>
  );
}

function Where({ run, step }: { run: RunInfo; step: number }) {
  const now = useNow();
  const at = run.timeline.findIndex((snapshot) => snapshot.step === step);
  const sequences = run.timeline[at]?.sequences;
  return (
    <p className={styles.where}>
      <b className={styles.name} title={escapeInvisible(run.name)} data-testid="run-name">
        {escapeInvisible(run.name)}
      </b>
      {isLive(run, now) && <LiveDot />}
      <span className={styles.step}>
        step{" "}
        <span className="num" data-testid="run-step" data-value={step}>
          {count(step)}
        </span>
      </span>
      <span className={styles.fact}>
        {at < 0 ? "deleted" : `${count(at + 1)} of ${counted(run.timeline.length, "snapshot")}`}
      </span>
      {sequences && (
        <Tooltip label="Training sent only some sequences of its batch. Every number here covers those sequences.">
          <span className={styles.sampled} data-testid="run-sequences">
            {sequencesText(sequences)}
          </span>
        </Tooltip>
      )}
      {run.dropped > 0 && (
        <Tooltip label="The oldest snapshots are deleted to stay within the limits. A star protects a snapshot.">
          <span className={styles.fact} data-testid="run-dropped">
            {count(run.dropped)} deleted
          </span>
        </Tooltip>
      )}
    </p>
  );
}

function Follow({ run, navigation }: Pick<RunHeadProps, "run" | "navigation">) {
  const lost = usePage(({ connection }) => connection === "lost");
  const catchUp = () => navigation.scrub(run.timeline[run.timeline.length - 1] ?? null);
  return (
    <div className={styles.follow}>
      {lost && (
        <span className="dim" role="status" data-testid="run-reconnecting">
          reconnecting…
        </span>
      )}
      {navigation.unseen > 0 && (
        <Button size="compact-xs" variant="light" onClick={catchUp} data-testid="run-news">
          {count(navigation.unseen)} new
        </Button>
      )}
      <Tooltip label="Go to each new snapshot when it arrives. Pauses when you go to an earlier step.">
        <Switch
          size="xs"
          label="Follow"
          checked={navigation.following}
          onChange={(event) => (event.currentTarget.checked ? catchUp() : navigation.setFollowing(false))}
          data-testid="run-follow"
        />
      </Tooltip>
    </div>
  );
}
