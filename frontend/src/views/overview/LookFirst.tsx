import { Anchor, Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import { linkOf } from "../../lib/overview";
import type { Problem } from "../../lib/problem";
import { OVERVIEW } from "../../lib/tabs";
import type { Lead, Overview } from "../../lib/types";
import { pickLoss } from "../../state/pick_loss";
import { linkStore } from "../../state/use_link";
import { wantPanels } from "../../state/use_panels_in_view";
import { Card } from "../Card";
import { ProblemBanner } from "../ProblemBanner";
import { LeadButton } from "./LeadButton";
import styles from "./Overview.module.css";

interface LookFirstProps {
  overview: Overview | null;
  /** Whether it is that of other configs. */
  before: boolean;
  problem: Problem | null;
  refused: boolean;
  /** Whether there is no loss to tell of. */
  lossless: boolean;
  stale: boolean;
  /** What judges, before the facts, which only measure. */
  children: ReactNode;
}

/** Facts in the order in which they deserve a look; each leads to the place that shows it. */
export function LookFirst({ overview, before, problem, refused, lossless, stale, children }: LookFirstProps) {
  return (
    <Card
      title="What to look at first"
      aside={before ? <span className={styles.before}>before the last change</span> : overview && "a click leads there"}
      testid="look-first"
      stale={stale}
    >
      {children}
      {problem && !before ? (
        <ProblemBanner title="Nothing to tell." problem={problem} />
      ) : overview ? (
        <Leads leads={overview.leads} before={before} />
      ) : lossless ? (
        <p className={styles.why}>
          No loss runs on this batch: above stands what each of them needs. What is there is under{" "}
          <Anchor component="button" type="button" inherit onClick={() => pickLoss(OVERVIEW, "data")}>
            Data
          </Anchor>
          .
        </p>
      ) : refused ? (
        <p className={styles.why}>Nothing yet: the message above says what to change.</p>
      ) : (
        <Skeleton height={188} data-testid="look-first-loading" />
      )}
    </Card>
  );
}

function follow(lead: Lead): void {
  if (lead.panel) wantPanels();
  linkStore.update(linkOf(lead));
}

function Leads({ leads, before }: { leads: readonly Lead[]; before: boolean }) {
  if (leads.length === 0) {
    return <p className={styles.why}>No fact stands out: every loss is 0, and everything is finite.</p>;
  }
  return (
    <ol className={styles.leads} data-before={before || undefined} data-testid="leads">
      {leads.map((lead) => (
        <li key={`${lead.kind} ${lead.loss}`} data-kind={lead.kind}>
          <LeadButton
            testid={`lead-${lead.kind}-${lead.loss}`}
            follow={() => follow(lead)}
            first={<span className={`num ${styles.measure}`}>{lead.measure}</span>}
          >
            {lead.text}
          </LeadButton>
        </li>
      ))}
    </ol>
  );
}
