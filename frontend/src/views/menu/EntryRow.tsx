import { Menu } from "@mantine/core";
import type { ReactNode } from "react";
import { escapeInvisible } from "../../lib/visible";
import styles from "./EntryRow.module.css";

interface EntryRowProps {
  name: string;
  /** What stands beside the name. */
  mark?: ReactNode;
  /** What is told of it below its name, and what that says when pointed at. */
  facts: ReactNode;
  factsTitle?: string;
  current?: boolean;
  disabled?: boolean;
  onPick: () => void;
  testid: string;
  /** What else can be done with it, reached by Tab. */
  children: ReactNode;
}

/** A selectable entry of a list. */
export function EntryRow({
  name,
  mark,
  facts,
  factsTitle,
  current,
  disabled,
  onPick,
  testid,
  children,
}: EntryRowProps) {
  return (
    <div className={styles.row} data-testid={testid}>
      <Menu.Item
        className={styles.pick}
        onClick={onPick}
        closeMenuOnClick
        disabled={disabled}
        aria-current={current || undefined}
        bg={current ? "var(--accent-surface)" : undefined}
      >
        <span className={styles.title}>
          <span className={styles.name} title={escapeInvisible(name)}>
            {escapeInvisible(name)}
          </span>
          {mark}
        </span>
        <span className={styles.facts} title={factsTitle}>
          {facts}
        </span>
      </Menu.Item>
      {children}
    </div>
  );
}
