import styles from "./LiveDot.module.css";

/** Something came in the last seconds. */
export function LiveDot() {
  return (
    <span className={styles.live} title="A snapshot came in the last seconds" data-testid="run-live">
      live
    </span>
  );
}
