import { nonFiniteCount, nonFiniteText } from "../../lib/health";
import { isFiniteNumber } from "../../lib/numbers";
import { count, counted } from "../../lib/sizes";
import type { TermHealth, WireNumber } from "../../lib/types";
import { selectTerm } from "../../state/actions/map";
import { AlertIcon, CheckIcon } from "../icons";
import styles from "./LossCard.module.css";

interface HealthProps {
  health: readonly TermHealth[] | null;
  metrics: Readonly<Record<string, WireNumber>> | null;
}

/** Whether every value of every term is finite; if not, which terms are not, in order of computation. */
export function Health({ health, metrics }: HealthProps) {
  const terms = health ?? [];
  const bad = terms.filter((term) => nonFiniteCount(term) > 0);
  if (bad.length === 0) {
    const odd = Object.entries(metrics ?? {}).filter(([, value]) => !isFiniteNumber(value));
    return terms.length === 0 ? null : <Fine terms={terms.length} odd={odd.map(([name]) => name)} />;
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
          onClick={() => selectTerm(term.term)}
          title={`Show the map of ${term.term}`}
        >
          <span className="mono">{term.term}</span> <b>{nonFiniteText(term)}</b>{" "}
          <span className="dim">of {count(term.numel)}</span>
        </button>
      ))}
    </div>
  );
}

/** All terms are finite; a metric may still be NaN, such as a mean over nothing. */
function Fine({ terms, odd }: { terms: number; odd: readonly string[] }) {
  const fine = `All values of ${counted(terms, "term")} are finite`;
  if (odd.length === 0) {
    return (
      <p className={styles.fine} data-testid="health" data-bad="0">
        <CheckIcon size={14} />
        {fine}
      </p>
    );
  }
  return (
    <p className={styles.odd} role="status" data-testid="health" data-bad={odd.length}>
      <AlertIcon size={14} />
      <span>
        {fine}, but not <span className="mono">{odd.join(", ")}</span>
      </span>
    </p>
  );
}
