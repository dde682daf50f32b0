import { Tooltip } from "@mantine/core";
import type { TermValue } from "../../lib/types";
import { selectTerm } from "../../state/actions/map";
import { useLink } from "../../state/page";
import { Formula } from "../Formula";
import { Explanation } from "../Term";
import { FoldedList, isScalar, ScalarValue } from "./TermValues";
import styles from "./TransitionPanel.module.css";

/** One term of the transition: name, value, formula, and the formula with the numbers that went in. */
export function TermRow({ term }: { term: TermValue }) {
  const { name, formula, doc, value, latex, latex_values, log_zero } = term;
  const current = useLink(({ term }) => term === name);
  return (
    <li className={styles.term} data-testid={`term-${name}`} data-off={value === null || undefined}>
      <div className={styles.line}>
        <Tooltip label={<Explanation doc={doc} formula={formula} />} position="left">
          <button
            type="button"
            className={styles.name}
            data-current={current || undefined}
            onClick={() => selectTerm(name)}
          >
            {name}
          </button>
        </Tooltip>
        {value === null && <span className={styles.off}>off</span>}
        {value !== null && isScalar(value) && <ScalarValue value={value} className={styles.value} />}
      </div>
      {value !== null && (
        <div className={styles.formulas}>
          <Formula text={formula} latex={latex} className={styles.formula} />
          {latex_values && <Formula text="" latex={`= ${latex_values}`} className={styles.numbers} />}
        </div>
      )}
      {value !== null && !isScalar(value) && (
        <FoldedList values={value} dim={term.dims[2] ?? "value"} logZero={log_zero} />
      )}
    </li>
  );
}
