import type { BatchInfo, LossInfo } from "../../lib/types";
import { canRunAnyLoss } from "../../lib/view";
import { useEvaluation } from "../../state/page";
import type { Diagnosis } from "../../state/use_doctor";
import { useOverview } from "../../state/use_overview";
import { BatchFacts } from "./BatchFacts";
import { Examined } from "./Examined";
import { LookFirst } from "./LookFirst";
import { LossTiles } from "./LossTiles";
import styles from "./Overview.module.css";
import { WholeBatch } from "./WholeBatch";

interface OverviewPageProps {
  batch: BatchInfo;
  catalogue: readonly LossInfo[];
  /** Whether there is no answer because it was refused. */
  refused: boolean;
  stale: boolean;
  diagnosis: Diagnosis;
}

/** The overview of a batch: each loss and its share of the total, leads, and facts. */
export function OverviewPage({ batch, catalogue, refused, stale, diagnosis }: OverviewPageProps) {
  const { overview, before, problem } = useOverview();
  const numbers = useEvaluation(({ latest }) => latest?.evaluation ?? null);
  return (
    <div className={styles.page} data-testid="overview">
      <WholeBatch />
      <LossTiles
        batch={batch}
        catalogue={catalogue}
        numbers={numbers}
        gradients={overview}
        before={before}
        refused={refused}
        stale={stale}
      />
      <div className={styles.columns}>
        <LookFirst
          overview={overview}
          before={before}
          problem={problem}
          refused={refused}
          lossless={!canRunAnyLoss(batch)}
          stale={stale}
        >
          <Examined diagnosis={diagnosis} batch={batch} catalogue={catalogue} />
        </LookFirst>
        <BatchFacts batch={batch} />
      </div>
    </div>
  );
}
