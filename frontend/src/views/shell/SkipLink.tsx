import styles from "./SkipLink.module.css";

/** Skip link: the first Tab stop, which jumps over header and configuration to the losses. */
export function SkipLink() {
  const skip = () => document.querySelector<HTMLElement>("[role=tab][aria-selected=true]")?.focus();
  return (
    <button type="button" className={styles.skip} onClick={skip} data-testid="skip-link">
      Skip to the losses
    </button>
  );
}
