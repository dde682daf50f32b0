import { Tooltip } from "@mantine/core";
import type { TermValue } from "../../lib/types";
import { linkStore, useLink } from "../../state/use_link";
import { isScalar, ListValue, ScalarValue } from "./TermValues";
import styles from "./TransitionPanel.module.css";

/** One term of the transition: name, formula, value. Its name brings it onto the map. */
export function TermRow({ term }: { term: TermValue }) {
  const { name, formula, doc, value } = term;
  const current = useLink().term === name;
  return (
    <li className={styles.term} data-testid={`term-${name}`}>
      <div className={styles.line}>
        <Tooltip label={doc} position="left">
          <button
            type="button"
            className={styles.name}
            data-current={current || undefined}
            onClick={() => linkStore.update({ term: name })}
          >
            {name}
          </button>
        </Tooltip>
        {value === null && <span className={styles.off}>off</span>}
        {value !== null && isScalar(value) && <ScalarValue value={value} className={styles.value} />}
      </div>
      <code className={styles.formula}>{formula}</code>
      {value !== null && !isScalar(value) && <ListValue values={value} />}
    </li>
  );
}
