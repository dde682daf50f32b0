import styles from "./Mapping.module.css";

/** Notes on the conversion of a file, one sentence each. */
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

/** A sentence with text in backticks rendered as code. */
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
