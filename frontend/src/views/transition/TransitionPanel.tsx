import { Button, CloseButton } from "@mantine/core";
import { memo, useRef } from "react";
import { problemOf } from "../../lib/problem";
import { outside } from "../../lib/selection";
import { placeNoun } from "../../lib/terms";
import type { Transition } from "../../lib/types";
import type { View } from "../../lib/view";
import { selectLargest } from "../../state/select_largest";
import { useShownTransition } from "../../state/shown";
import { linkStore, useLink } from "../../state/use_link";
import { usePanelInView } from "../../state/use_panel_in_view";
import { useTransition } from "../../state/use_transition";
import { Card } from "../Card";
import { Num } from "../Num";
import { ProblemBanner } from "../ProblemBanner";
import { Place } from "./Place";
import { TermRow } from "./TermRow";
import { isScalar } from "./TermValues";
import styles from "./TransitionPanel.module.css";

interface TransitionPanelProps {
  view: View;
  /** Whether the newest evaluation was refused, so that no transition comes of it. */
  refused: boolean;
  stale: boolean;
}

/** One transition with every term of the loss in order of computation. */
export const TransitionPanel = memo(function TransitionPanel({ view, refused, stale }: TransitionPanelProps) {
  const { transition, before, picked, problem, busy } = useTransition(view);
  const panel = useRef<HTMLDivElement>(null);
  usePanelInView(panel, transition);
  useShownTransition(transition);
  const noun = placeNoun(view.loss);
  const shown = problem ? null : transition;
  const title = shown ? (
    <Place transition={shown} picked={picked} noun={noun} />
  ) : noun === "step" ? (
    "Step"
  ) : (
    "Transition"
  );
  return (
    <div ref={panel} className={styles.panel} aria-busy={busy}>
      <Card
        title={title}
        testid="transition-panel"
        aside={<Aside transition={shown} noun={noun} />}
        stale={(stale || before) && shown !== null}
      >
        {problem && <ProblemBanner title={`No ${noun}.`} problem={problemOf(problem)} />}
        {!problem && !shown && <Nothing view={view} refused={refused} noun={noun} />}
        {shown && <Terms transition={shown} />}
      </Card>
    </div>
  );
});

/** What comes out of it, always in sight, and the way to deselect. */
function Aside({ transition, noun }: { transition: Transition | null; noun: string }) {
  const selected = useLink(({ selected }) => selected);
  const loss = transition?.terms.find(({ name }) => name === "loss")?.value ?? null;
  return (
    <>
      {loss !== null && isScalar(loss) && typeof loss !== "boolean" && (
        <span>
          loss <Num value={loss} testid="transition-loss" className={styles.result} />
        </span>
      )}
      {selected && (
        <CloseButton
          size="sm"
          onClick={() => linkStore.update({ selected: null })}
          aria-label={`Deselect the ${noun}`}
          data-testid="transition-close"
        />
      )}
    </>
  );
}

function Nothing({ view, refused, noun }: { view: View; refused: boolean; noun: string }) {
  const selected = useLink(({ selected }) => selected);
  const why = selected && outside({ selected }, view);
  return (
    <div className={styles.invitation} data-testid="transition-invitation">
      {refused && !why ? (
        <p>No {noun}: the message above says what to change.</p>
      ) : selected && !why ? (
        <p>Computing…</p>
      ) : (
        <>
          <p>{why ?? `Click a cell of the map to see its ${noun}: every term in order of computation.`}</p>
          <Button variant="default" size="xs" onClick={() => selectLargest(view)} data-testid="transition-largest">
            Show the largest&nbsp;<span className="mono">|{view.term.name}|</span>
          </Button>
        </>
      )}
    </div>
  );
}

function Terms({ transition: { terms } }: { transition: Transition }) {
  return (
    <ol className={styles.terms}>
      {terms.map((term) => (
        <TermRow key={term.name} term={term} />
      ))}
    </ol>
  );
}
