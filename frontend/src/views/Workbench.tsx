import { type ReactNode, useMemo } from "react";
import { isEstimated } from "../lib/estimates";
import { configField } from "../lib/problem";
import { batchTabOf, OVERVIEW } from "../lib/tabs";
import { placeNoun } from "../lib/terms";
import type { BatchInfo, LossInfo } from "../lib/types";
import { runs, type View, viewOf } from "../lib/view";
import { selectTab } from "../state/actions/navigation";
import { evaluations, useEvaluation, useLink, usePage } from "../state/page";
import { useDoctor } from "../state/use_doctor";
import { useEvaluationRequests } from "../state/use_evaluation_requests";
import { usePublished } from "../state/use_published";
import { BatchCard } from "./batch/BatchCard";
import { ConfigCard } from "./config/ConfigCard";
import { DataPage } from "./data/DataPage";
import { EpisodesCard } from "./data/EpisodesCard";
import { Figures } from "./figure/Figures";
import { Panels } from "./figure/Panels";
import { OverviewPage } from "./overview/OverviewPage";
import { Tuning } from "./overview/Tuning";
import { ProblemBanner } from "./ProblemBanner";
import { CannotRun } from "./result/CannotRun";
import { Lens } from "./result/Lens";
import { LossCard } from "./result/LossCard";
import { LossTabs } from "./result/LossTabs";
import { OtherValues } from "./result/OtherValues";
import { TransitionPanel } from "./transition/TransitionPanel";
import styles from "./Workbench.module.css";

interface WorkbenchProps {
  batch: BatchInfo;
  catalogue: readonly LossInfo[];
  onRemap: (batch: BatchInfo) => void;
}

/** One batch under one configuration: everything in it comes from one response of the server. */
export function Workbench({ batch, catalogue, onRemap }: WorkbenchProps) {
  const name = useLink(({ loss }) => loss);
  const term = useLink((link) => link.term);
  const view = useMemo(() => viewOf({ loss: name, term }, batch, catalogue), [name, term, batch, catalogue]);
  const tab = batchTabOf({ loss: name });
  useEvaluationRequests(batch, catalogue);
  const problem = useEvaluation((now) => now.problem);
  const other = useEvaluation(({ latest }) => latest !== null && latest.request.batch !== batch.id);
  const outdated = useEvaluation((now) => now.outdated);
  const answered = useEvaluation(({ latest }) => latest !== null);
  const diagnosis = useDoctor(batch);
  usePublished(
    "screen",
    useMemo(() => view && { view, catalogue }, [view, catalogue]),
  );
  if (!view) return null;

  const { loss } = view;
  const current = tab ?? loss.name;
  const stale = answered && (problem !== null || other || outdated);
  const refused = problem !== null && !answered;
  const wrong = configField(problem);
  const action =
    wrong && wrong.loss !== current
      ? { label: `Show ${wrong.loss}`, run: () => selectTab(current, wrong.loss) }
      : { label: "Try again", run: evaluations.retry };
  const offered = wrong?.loss === current ? undefined : action;
  return (
    <Bench>
      <aside className={styles.side}>
        <BatchCard batch={batch} brief={tab === "data"} onRemap={onRemap} />
        {tab === "data" && <EpisodesCard batch={batch} />}
        {tab === OVERVIEW && <Tuning batch={batch} catalogue={catalogue} problem={problem} />}
        {tab === null && <ConfigCard loss={loss} problem={problem} />}
      </aside>
      <div className={styles.content}>
        {problem && (
          <ProblemBanner
            title={answered ? "Showing the last good result." : "No result."}
            problem={problem}
            action={offered}
          />
        )}
        <LossTabs batch={batch} catalogue={catalogue} loss={loss} tab={tab} diagnosis={diagnosis} stale={stale}>
          {tab === OVERVIEW ? (
            <OverviewPage batch={batch} catalogue={catalogue} refused={refused} stale={stale} diagnosis={diagnosis} />
          ) : tab === "data" ? (
            <DataPage batch={batch} />
          ) : runs(batch, loss.name) ? (
            <LossPage view={view} refused={refused} failed={problem !== null} stale={stale} />
          ) : (
            <CannotRun batch={batch} loss={loss} />
          )}
        </LossTabs>
      </div>
    </Bench>
  );
}

/** The outermost element, which shows whether a response is pending without re-rendering its children. */
function Bench({ children }: { children: ReactNode }) {
  const busy = useEvaluation((now) => now.busy);
  // While a slider moves the numbers themselves tell; a bar that starts at each of them costs as much as they do.
  const waits = usePage(({ evaluation, dragging }) => evaluation.busy && !dragging);
  return (
    <div className={styles.bench} data-busy={waits || undefined} aria-busy={busy} data-testid="workbench">
      <div className={styles.progress} aria-hidden="true" />
      {children}
    </div>
  );
}

interface LossPageProps {
  view: View;
  /** Whether there is no answer because it was refused. */
  refused: boolean;
  /** Whether the newest question was refused. */
  failed: boolean;
  stale: boolean;
}

/** One loss: its numbers, its figures, and beside them the selected transition. */
function LossPage({ view, refused, failed, stale }: LossPageProps) {
  const { loss } = view;
  const estimated = useEvaluation(({ latest }) => isEstimated(latest?.evaluation, loss.name));
  return (
    <div className={styles.columns}>
      <div className={styles.main}>
        <Lens loss={loss} noun={placeNoun(loss)} />
        <LossCard loss={loss} refused={refused} stale={stale} />
        <Figures view={view} refused={refused} stale={stale} estimated={estimated} />
        {!refused && <Panels view={view} stale={stale} estimated={estimated} />}
        <OtherValues loss={loss} stale={stale} />
      </div>
      <TransitionPanel view={view} refused={failed} stale={stale} />
    </div>
  );
}
