import { Tabs } from "@mantine/core";
import type { ReactNode } from "react";
import { BATCH_TABS, OVERVIEW } from "../../lib/tabs";
import type { BatchInfo, LossInfo } from "../../lib/types";
import { canRunAnyLoss, missingFields, runs } from "../../lib/view";
import { selectTab } from "../../state/actions/navigation";
import { useEvaluation } from "../../state/page";
import type { Diagnosis } from "../../state/use_doctor";
import { Num } from "../Num";
import { Term } from "../Term";
import { Awaited } from "./Awaited";
import { BatchTab } from "./BatchTab";
import { FindingsBadge } from "./FindingsBadge";
import { LossTab } from "./LossTab";
import styles from "./LossTabs.module.css";

interface LossTabsProps {
  batch: BatchInfo;
  catalogue: readonly LossInfo[];
  loss: LossInfo;
  /** The tab of the batch that is looked at instead of the loss. */
  tab: string | null;
  diagnosis: Diagnosis;
  stale: boolean;
  children: ReactNode;
}

/** The batch and all losses side by side, these with their values and shares; one of them is looked at below. */
export function LossTabs({ batch, catalogue, loss, tab, diagnosis, stale, children }: LossTabsProps) {
  const current = tab ?? loss.name;
  const pick = (name: string | null) => name && selectTab(current, name);
  return (
    <Tabs value={current} onChange={pick} variant="none" className={styles.root}>
      <div className={styles.strip} data-stale={stale || undefined}>
        <Tabs.List className={styles.list} aria-label="Batch and losses">
          {BATCH_TABS.map((each) => (
            <BatchTab key={each.name} tab={each}>
              {each.name === OVERVIEW && <FindingsBadge diagnosis={diagnosis} />}
            </BatchTab>
          ))}
          {catalogue.map(({ name, title }) => (
            <LossTab
              key={name}
              name={name}
              title={title}
              missing={runs(batch, name) ? null : missingFields(batch, name)}
            />
          ))}
        </Tabs.List>
        <Total none={!canRunAnyLoss(batch)} />
      </div>
      <Tabs.Panel value={current} className={styles.panel}>
        {children}
      </Tabs.Panel>
    </Tabs>
  );
}

function Total({ none }: { none: boolean }) {
  return (
    <div className={styles.total}>
      <span className={styles.caption}>
        <Term
          name="total"
          doc="The combined loss that training minimises, summed over the losses that run on this batch."
          formula="sum of weight * loss"
        />
      </span>
      <TotalValue none={none} />
    </div>
  );
}

function TotalValue({ none }: { none: boolean }) {
  const total = useEvaluation(({ latest }) => latest?.evaluation.total);
  if (none) return <span className={styles.none}>no loss runs</span>;
  if (total === undefined) return <Awaited className={styles.none} />;
  if (total === null) return <span className={styles.none}>not available</span>;
  return <Num value={total} testid="total-value" className={styles.value} />;
}
