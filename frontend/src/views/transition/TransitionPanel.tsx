import { CloseButton } from "@mantine/core";
import { problemOf } from "../../lib/problem";
import { counted } from "../../lib/sizes";
import type { LossInfo, Transition } from "../../lib/types";
import { linkStore } from "../../state/use_link";
import { Card } from "../Card";
import { ProblemBanner } from "../ProblemBanner";
import { TermRow } from "./TermRow";
import styles from "./TransitionPanel.module.css";

interface TransitionPanelProps {
  loss: LossInfo;
  transition: Transition | null;
  problem: Error | null;
  busy: boolean;
  stale: boolean;
}

/** One transition with every term of the loss in order of computation. */
export function TransitionPanel({ loss, transition, problem, busy, stale }: TransitionPanelProps) {
  const close = transition && (
    <CloseButton size="sm" onClick={() => linkStore.update({ selected: null })} aria-label="Deselect the transition" />
  );
  return (
    <div className={styles.panel} aria-busy={busy}>
      <Card title="Transition" testid="transition-panel" aside={close} stale={stale && transition !== null}>
        {problem && <ProblemBanner title="No transition." problem={problemOf(problem)} />}
        {!problem && !transition && <Invitation busy={busy} />}
        {!problem && transition && <Terms loss={loss} transition={transition} />}
      </Card>
    </div>
  );
}

function Invitation({ busy }: { busy: boolean }) {
  return (
    <p className={styles.invitation}>
      {busy ? "Computing…" : "Click a cell of the map to see its transition: every term in order of computation."}
    </p>
  );
}

function Terms({ transition }: { loss: LossInfo; transition: Transition }) {
  const { row, step, chosen_from: of, terms } = transition;
  return (
    <>
      <p className={styles.place} data-testid="transition-place" data-row={row} data-step={step}>
        sequence <b className="num">{row}</b>, step <b className="num">{step}</b>
        {of > 1 && <span className="dim"> · the extreme one of {counted(of, "transition")}</span>}
      </p>
      <ol className={styles.terms}>
        {terms.map((term) => (
          <TermRow key={term.name} term={term} />
        ))}
      </ol>
    </>
  );
}
