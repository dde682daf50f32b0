import type { Picked } from "../../lib/selection";
import { counted } from "../../lib/sizes";
import type { Transition } from "../../lib/types";
import styles from "./TransitionPanel.module.css";

interface PlaceProps {
  transition: Transition;
  picked: Picked | null;
  noun: string;
  /** Whether each sequence is one transition or item without order: then its number says it all. */
  alone: boolean;
}

/** Its position in the batch, and why it was picked from several. */
export function Place({ transition: { row, step }, picked, noun, alone }: PlaceProps) {
  return (
    <span data-testid="transition-place" data-row={row} data-step={step}>
      {alone ? (
        <>
          {noun} <b className="num">{row}</b>
        </>
      ) : (
        <>
          sequence <b className="num">{row}</b>, {noun} <b className="num">{step}</b>
        </>
      )}
      {picked && (
        <span className={styles.picked}>
          picked as largest |{picked.term}| of {counted(picked.of, noun)}
        </span>
      )}
    </span>
  );
}
