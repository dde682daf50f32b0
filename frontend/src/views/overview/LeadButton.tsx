import type { ReactNode } from "react";
import { ChevronIcon } from "../icons";
import styles from "./LeadButton.module.css";

interface LeadButtonProps {
  /** What stands first: a measure, or how bad it is. */
  first: ReactNode;
  /** The sentence. */
  children: ReactNode;
  /** Leads to the place; null where there is none. */
  follow: (() => void) | null;
  testid: string;
}

/** A clickable line that opens the place it is about. */
export function LeadButton({ first, children, follow, testid }: LeadButtonProps) {
  return (
    <button
      type="button"
      className={styles.lead}
      disabled={follow === null}
      data-testid={testid}
      onClick={() => follow?.()}
    >
      {first}
      <span className={styles.sentence}>{children}</span>
      {follow && (
        <span className={styles.go}>
          <ChevronIcon size={14} />
        </span>
      )}
    </button>
  );
}
