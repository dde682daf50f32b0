import { Anchor, Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import type { Problem } from "../../lib/problem";
import { OVERVIEW } from "../../lib/tabs";
import type { Lead, Overview } from "../../lib/types";
import { openLead, selectTab } from "../../state/actions/navigation";
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
      aside={before ? <span className={styles.before}>before the last change</span> : overview && "click to go there"}
      testid="look-first"
      stale={stale}
    >
      {children}
      {problem && !before ? (
        <ProblemBanner title="The overview failed." problem={problem} />
      ) : overview ? (
        <Leads leads={overview.leads} before={before} />
      ) : lossless ? (
        <p className={styles.why}>
          No loss runs on this batch. The losses above list the fields they need. See what the batch holds under{" "}
          <Anchor component="button" type="button" inherit onClick={() => selectTab(OVERVIEW, "data")}>
            Data
          </Anchor>
          .
        </p>
      ) : refused ? (
        <p className={styles.why}>No result yet. The message above says what to change.</p>
      ) : (
        <Skeleton height={188} data-testid="look-first-loading" />
      )}
    </Card>
  );
}

function Leads({ leads, before }: { leads: readonly Lead[]; before: boolean }) {
  if (leads.length === 0) {
    return <p className={styles.why}>Nothing stands out: every loss is 0 and every value is finite.</p>;
  }
  return (
    <ol className={styles.leads} data-before={before || undefined} data-testid="leads">
      {leads.map((lead) => (
        <li key={`${lead.kind} ${lead.loss}`} data-kind={lead.kind}>
          <LeadButton
            testid={`lead-${lead.kind}-${lead.loss}`}
            follow={() => openLead(lead)}
            first={<span className={`num ${styles.measure}`}>{lead.measure}</span>}
          >
            {lead.text}
          </LeadButton>
        </li>
      ))}
    </ol>
  );
}
