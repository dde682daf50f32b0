import { Tooltip } from "@mantine/core";
import { memo } from "react";
import styles from "./Term.module.css";

interface TermProps {
  name: string;
  doc: string;
  /** How it is computed or bounded, below the sentence. */
  formula?: string;
  mono?: boolean;
}

/** A word with a tooltip. */
export const Term = memo(function Term({ name, doc, formula, mono }: TermProps) {
  return (
    <Tooltip label={<Explanation doc={doc} formula={formula} />} disabled={!doc && !formula}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the explanation must be reachable by keyboard */}
      <span className={mono ? `${styles.term} mono` : styles.term} tabIndex={0}>
        {name}
      </span>
    </Tooltip>
  );
});

/** The tooltip of a term: its description and its formula as code. */
export function Explanation({ doc, formula }: Pick<TermProps, "doc" | "formula">) {
  return (
    <>
      {doc}
      {formula && <span className={styles.formula}>{formula}</span>}
    </>
  );
}
