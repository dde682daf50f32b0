import styles from "./Traceback.module.css";

/** The traceback of an error in the user's code, with the last line marked. */
export function Traceback({ text }: { text: string }) {
  const lines = text.trimEnd().split("\n");
  const marked = lines.findLastIndex((line) => /^ {4}\S/.test(line) && !/^[\s^~]+$/.test(line));
  return (
    <pre className={styles.traceback} data-testid="traceback">
      {lines.map((line, index) =>
        index === marked ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name, and their order is what they are
          <mark key={index}>{`${line}\n`}</mark>
        ) : (
          `${line}\n`
        ),
      )}
    </pre>
  );
}
