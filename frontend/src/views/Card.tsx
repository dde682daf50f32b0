import type { ReactNode } from "react";
import styles from "./Card.module.css";

interface CardProps {
  title: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
  testid?: string;
  label?: string;
  stale?: boolean;
}

/** A titled part of the page. A stale one still shows the last good result, and says so. */
export function Card({ title, aside, children, testid, label, stale }: CardProps) {
  return (
    <section className={styles.card} data-testid={testid} aria-label={label} data-stale={stale || undefined}>
      <header className={styles.header}>
        <h2 className={styles.title}>{title}</h2>
        <div className={styles.aside}>
          {stale && <span className={styles.stale}>stale: last good result</span>}
          {aside}
        </div>
      </header>
      <div className={styles.body}>{children}</div>
    </section>
  );
}
