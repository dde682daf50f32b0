import { useMemo } from "react";
import { isEstimated } from "../lib/estimates";
import { configField } from "../lib/problem";
import { outside } from "../lib/selection";
import { batchTabOf, OVERVIEW } from "../lib/tabs";
import { placeNoun } from "../lib/terms";
import type { BatchInfo, LossInfo } from "../lib/types";
import { evaluateRequest, runs, viewOf } from "../lib/view";
import { useDragging } from "../state/dragging";
import { isInView } from "../state/in_view";
import { pickLoss } from "../state/pick_loss";
import { useShown } from "../state/shown";
import { useDoctor } from "../state/use_doctor";
import { useEvaluation } from "../state/use_evaluation";
import { useOnScreen } from "../state/use_keys";
import { useLink } from "../state/use_link";
import { useTransition } from "../state/use_transition";
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
import { TransitionPanel } from "./transition/TransitionPanel";
import styles from "./Workbench.module.css";

interface WorkbenchProps {
  batch: BatchInfo;
  catalogue: readonly LossInfo[];
}

/** One batch under one configuration: everything in it comes from one answer of the server. */
export function Workbench({ batch, catalogue }: WorkbenchProps) {
  const link = useLink();
  const { loss: name, term } = link;
  const view = useMemo(() => viewOf({ loss: name, term }, batch, catalogue), [name, term, batch, catalogue]);
  const tab = batchTabOf(link);
  const brief = useDragging();
  const body = useMemo(() => {
    if (!view) return null;
    const asked = evaluateRequest(link, view);
    const figures = asked.figures?.filter(({ kind }) => tab === null && (!brief || isInView(kind)));
    return { ...asked, brief, figures };
  }, [link, view, tab, brief]);
  const { answer, problem, busy, retry } = useEvaluation(body && { batch: batch.id, body });
  const diagnosis = useDoctor(answer);
  const transition = useTransition(view, answer);
  useShown(view && answer && { view, catalogue, answer, transition: transition.transition });
  useOnScreen(view && { view, catalogue });
  if (!view) return null;

  const { loss } = view;
  const current = tab ?? loss.name;
  const stale = problem !== null && answer !== null;
  const refused = problem !== null && answer === null;
  const waiting = stale || isEstimated(answer?.evaluation, loss.name);
  const wrong = configField(problem);
  const action =
    wrong && wrong.loss !== current
      ? { label: `Show ${wrong.loss}`, run: () => pickLoss(current, wrong.loss) }
      : { label: "Try again", run: retry };
  const offered = wrong?.loss === current ? undefined : action;
  return (
    <div className={styles.bench} data-busy={busy || undefined} aria-busy={busy} data-testid="workbench">
      <div className={styles.progress} aria-hidden="true" />
      <aside className={styles.side}>
        <BatchCard batch={batch} brief={tab === "data"} />
        {tab === "data" && <EpisodesCard batch={batch} />}
        {tab === OVERVIEW && <Tuning batch={batch} catalogue={catalogue} problem={problem} />}
        {tab === null && <ConfigCard loss={loss} problem={problem} />}
      </aside>
      <div className={styles.content}>
        {problem && (
          <ProblemBanner title={stale ? "Last good result shown." : "No result."} problem={problem} action={offered} />
        )}
        <LossTabs
          batch={batch}
          catalogue={catalogue}
          loss={loss}
          tab={tab}
          answer={answer}
          diagnosis={diagnosis}
          stale={stale}
        >
          {tab === OVERVIEW ? (
            <OverviewPage
              batch={batch}
              catalogue={catalogue}
              answer={answer}
              refused={refused}
              stale={stale}
              diagnosis={diagnosis}
            />
          ) : tab === "data" ? (
            <DataPage batch={batch} />
          ) : runs(batch, loss.name) ? (
            <div className={styles.columns}>
              <div className={styles.main}>
                <Lens loss={loss} answer={answer} noun={placeNoun(loss)} />
                <LossCard loss={loss} answer={answer} refused={refused} stale={stale} />
                <Figures view={view} answer={answer} refused={refused} stale={waiting} />
                {!refused && <Panels view={view} answer={answer} stale={waiting} />}
              </div>
              <TransitionPanel
                loss={loss}
                {...transition}
                outside={outside(link, view)}
                refused={problem !== null}
                stale={stale}
              />
            </div>
          ) : (
            <CannotRun batch={batch} loss={loss} />
          )}
        </LossTabs>
      </div>
    </div>
  );
}
