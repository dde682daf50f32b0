import { Tabs } from "@mantine/core";
import type { ReactNode } from "react";
import type { BatchTab as Tab } from "../../lib/tabs";
import styles from "./LossTabs.module.css";

interface BatchTabProps {
  tab: Tab;
  /** What stands beside its title. */
  children?: ReactNode;
}

/** A tab of the batch as a whole, beside those of its losses. */
export function BatchTab({ tab: { name, title, note }, children }: BatchTabProps) {
  return (
    <Tabs.Tab
      value={name}
      classNames={{ tab: `${styles.tab} ${styles.ofBatch}`, tabLabel: styles.label }}
      data-testid={`tab-${name}`}
    >
      <span className={styles.heading}>
        <span className={styles.title}>{title}</span>
        {children}
      </span>
      <span className={styles.reason}>{note}</span>
    </Tabs.Tab>
  );
}
