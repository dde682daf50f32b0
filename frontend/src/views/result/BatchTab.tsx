import { Tabs } from "@mantine/core";
import type { BatchTab as Tab } from "../../lib/tabs";
import styles from "./LossTabs.module.css";

/** A tab of the batch as a whole, beside those of its losses. */
export function BatchTab({ tab: { name, title, note } }: { tab: Tab }) {
  return (
    <Tabs.Tab
      value={name}
      classNames={{ tab: `${styles.tab} ${styles.ofBatch}`, tabLabel: styles.label }}
      data-testid={`tab-${name}`}
    >
      <span className={styles.title}>{title}</span>
      <span className={styles.reason}>{note}</span>
    </Tabs.Tab>
  );
}
