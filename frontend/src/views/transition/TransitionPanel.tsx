import { Button, CloseButton } from "@mantine/core";
import { memo, useRef } from "react";
import { problemOf } from "../../lib/problem";
import { selectionProblem } from "../../lib/selection";
import { placeNoun } from "../../lib/terms";
import type { Transition } from "../../lib/types";
import type { View } from "../../lib/view";
import { deselect, selectLargest } from "../../state/actions/selection";
import { useLink, useLossResult } from "../../state/page";
import { usePublished } from "../../state/use_published";
import { useScrollRequest } from "../../state/use_scroll_request";
import { useTransition } from "../../state/use_transition";
import { Card } from "../Card";
import { Num } from "../Num";
import { ProblemBanner } from "../ProblemBanner";
import { Place } from "./Place";
import { TermRow } from "./TermRow";
import { isScalar } from "./TermValues";
import styles from "./TransitionPanel.module.css";

const TITLES = { transition: "Transition", step: "Step", item: "Item" } as const;

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
  useScrollRequest("transition", panel, transition);
  usePublished("transition", transition);
  const noun = placeNoun(view.loss);
  const current = problem ? null : transition;
  const alone = noun === "item" || (view.batch.transitions && noun === "transition");
  const title = current ? <Place transition={current} picked={picked} noun={noun} alone={alone} /> : TITLES[noun];
  return (
    <div ref={panel} className={styles.panel} aria-busy={busy}>
      <Card
        title={title}
        testid="transition-panel"
        aside={<Aside transition={current} noun={noun} />}
        stale={(stale || before) && current !== null}
      >
        {problem && <ProblemBanner title={`No ${noun}.`} problem={problemOf(problem)} />}
        {!problem && !current && <Nothing view={view} refused={refused} noun={noun} />}
        {current && <Terms transition={current} />}
      </Card>
    </div>
  );
});

/** The loss of the transition, always visible, and the button to deselect. */
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
        <CloseButton size="sm" onClick={deselect} aria-label={`Deselect the ${noun}`} data-testid="transition-close" />
      )}
    </>
  );
}

function Nothing({ view, refused, noun }: { view: View; refused: boolean; noun: string }) {
  const selected = useLink(({ selected }) => selected);
  const why = selected && selectionProblem({ selected }, view);
  const failed = useLossResult(view.loss.name)?.error != null;
  return (
    <div className={styles.invitation} data-testid="transition-invitation">
      {(refused || failed) && !why ? (
        <p>
          No {noun}. {failed ? "The loss has no value." : "The message above says what to change."}
        </p>
      ) : selected && !why ? (
        <p>Computing…</p>
      ) : (
        <>
          <p>{why ?? `Click a cell of the map to see every term of its ${noun}, in order of computation.`}</p>
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
