import { Skeleton } from "@mantine/core";
import { memo } from "react";
import { columnsOf } from "../../lib/comparison";
import { Problem } from "../../lib/problem";
import type { LossInfo, LossResult } from "../../lib/types";
import { useEvaluation, useLossResult } from "../../state/page";
import { Card } from "../Card";
import { LossTerm } from "../LossTerm";
import { Num } from "../Num";
import { ProblemBanner } from "../ProblemBanner";
import { Share } from "../Share";
import { Comparison } from "./Comparison";
import { Health } from "./Health";
import styles from "./LossCard.module.css";
import { Metrics } from "./Metrics";

interface LossCardProps {
  loss: LossInfo;
  /** Whether there is no answer because it was refused. */
  refused: boolean;
  stale: boolean;
}

/** The loss in large, how it enters the total, the metrics training logs, and what is not finite. */
export const LossCard = memo(function LossCard({ loss, refused, stale }: LossCardProps) {
  return (
    <Card
      title={loss.title}
      aside={
        <span className={styles.doc} title={loss.doc}>
          {loss.doc}
        </span>
      }
      stale={stale}
      testid="loss-card"
    >
      <Numbers loss={loss.name} refused={refused} />
    </Card>
  );
});

function Numbers({ loss, refused }: { loss: string; refused: boolean }) {
  const result = useLossResult(loss);
  const pinned = useEvaluation(({ latest }) => latest?.evaluation.pinned?.losses[loss] ?? null);
  return result ? <Result result={result} pinned={pinned} /> : <Awaited refused={refused} />;
}

function Awaited({ refused }: { refused: boolean }) {
  return refused ? (
    <p className={styles.refused}>No value. The message above says what to change.</p>
  ) : (
    <Skeleton height={112} data-testid="loss-loading" />
  );
}

function Result({ result, pinned }: { result: LossResult; pinned: LossResult | null }) {
  if (result.error || result.loss === null) {
    const error = result.error ?? { status: 0, code: "no_value", message: "The server gave no value.", field: null };
    return <ProblemBanner title="This loss has no value." problem={new Problem(error)} />;
  }
  return (
    <>
      <div className={styles.split}>
        <div>
          <span className={styles.caption}>
            <LossTerm name="loss" />
          </span>
          <div>
            <Num value={result.loss} testid="loss-value" className={styles.hero} />
          </div>
          <Parts result={result} />
        </div>
        {result.slice || pinned ? (
          <Comparison columns={columnsOf(result, pinned)} />
        ) : (
          <Metrics metrics={result.metrics} />
        )}
      </div>
      {pinned?.error && <ProblemBanner title="No pinned value." problem={new Problem(pinned.error)} />}
      {result.note && (
        <p className={styles.note} data-testid="loss-note">
          {result.note}
        </p>
      )}
      <Health health={result.health} metrics={result.metrics} />
    </>
  );
}

function Parts({ result: { weight, weighted, share } }: { result: LossResult }) {
  return (
    <dl className={styles.parts}>
      <div>
        <dt>
          <LossTerm name="weight" />
        </dt>
        <dd>
          <Num value={weight} testid="loss-weight" />
        </dd>
      </div>
      <div>
        <dt>
          <LossTerm name="weighted" />
        </dt>
        <dd>{weighted === null ? "n/a" : <Num value={weighted} testid="loss-weighted" />}</dd>
      </div>
      <div>
        <dt>
          <LossTerm name="share" />
        </dt>
        <dd>
          <Share value={share} testid="loss-share" />
        </dd>
      </div>
    </dl>
  );
}
