import { TextWithCode } from "../TextWithCode";
import styles from "./Mapping.module.css";

/** Notes on the conversion of a file, one sentence each. */
export function Notes({ notes, testid }: { notes: readonly string[]; testid?: string }) {
  if (notes.length === 0) return null;
  return (
    <ul className={styles.notes} data-testid={testid}>
      {notes.map((note) => (
        <li key={note}>
          <TextWithCode text={note} />
        </li>
      ))}
    </ul>
  );
}
