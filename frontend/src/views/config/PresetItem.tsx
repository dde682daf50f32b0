import { Menu } from "@mantine/core";
import type { ReactNode } from "react";
import { exactText } from "../../lib/numbers";
import type { Config } from "../../lib/types";
import { CheckIcon } from "../icons";
import styles from "./PresetMenu.module.css";

interface PresetItemProps {
  name: string;
  config: Config;
  /** Whether it is what the form shows. */
  active: boolean;
  onApply: () => void;
  children?: ReactNode;
}

/** A preset to apply, with the fields that it sets. */
export function PresetItem({ name, config, active, onApply, children }: PresetItemProps) {
  return (
    <Menu.Item
      className={styles.item}
      closeMenuOnClick
      onClick={onApply}
      aria-current={active || undefined}
      rightSection={active && <CheckIcon size={14} />}
      data-testid="preset"
    >
      <span className={styles.name}>{name}</span>
      <span className={`${styles.fields} mono`}>{fieldsOf(config)}</span>
      {children && <span className={styles.doc}>{children}</span>}
    </Menu.Item>
  );
}

function fieldsOf(config: Config): string {
  const fields = Object.entries(config).map(
    ([name, value]) => `${name} ${typeof value === "number" ? exactText(value) : value}`,
  );
  return fields.join(", ") || "all defaults";
}
