import { badCount, badText } from "../../lib/health";
import { count, counted } from "../../lib/sizes";
import type { TermHealth } from "../../lib/types";
import { linkStore } from "../../state/use_link";
import { AlertIcon, CheckIcon } from "../icons";
import styles from "./LossCard.module.css";

/** Whether every value of every term is finite; if not, which terms are ill, in order of computation. */
export function Health({ health }: { health: readonly TermHealth[] | null }) {
  const terms = health ?? [];
  const bad = terms.filter((term) => badCount(term) > 0);
  if (bad.length === 0) {
    return terms.length === 0 ? null : (
      <p className={styles.fine} data-testid="health" data-bad="0">
        <CheckIcon size={14} />
        All finite in {counted(terms.length, "per-transition term")}
      </p>
    );
  }
  return (
    <div className={styles.bad} role="status" data-testid="health" data-bad={bad.length}>
      <span className={styles.badTitle}>
        <AlertIcon /> Not finite
      </span>
      {bad.map((term) => (
        <button
          key={term.term}
          type="button"
          className={styles.badTerm}
          data-testid={`health-${term.term}`}
          onClick={() => linkStore.update({ term: term.term })}
          title={`Show the map of ${term.term}`}
        >
          <span className="mono">{term.term}</span> <b>{badText(term)}</b>{" "}
          <span className="dim">of {count(term.numel)}</span>
        </button>
      ))}
    </div>
  );
}
