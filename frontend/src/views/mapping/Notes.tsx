import styles from "./Mapping.module.css";

/** Sentences on what was done with a file; a sentence each. */
export function Notes({ notes, testid }: { notes: readonly string[]; testid?: string }) {
  if (notes.length === 0) return null;
  return (
    <ul className={styles.notes} data-testid={testid}>
      {notes.map((note) => (
        <li key={note}>
          <Marked text={note} />
        </li>
      ))}
    </ul>
  );
}

/** A sentence in which what stands in backticks is code. */
export function Marked({ text }: { text: string }) {
  return text.split("`").map((piece, place) =>
    place % 2 === 0 ? (
      piece
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one sentence never move
      <code key={place}>{piece}</code>
    ),
  );
}
