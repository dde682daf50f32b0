import styles from "./LiveDot.module.css";

/** A dot that shows recent activity. */
export function LiveDot() {
  return (
    <span className={styles.live} title="A snapshot arrived in the last 30 seconds" data-testid="run-live">
      live
    </span>
  );
}
