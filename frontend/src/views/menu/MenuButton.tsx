import { Button, type ButtonProps } from "@mantine/core";
import type { ReactNode } from "react";
import { count, counted } from "../../lib/sizes";
import { ChevronIcon } from "../icons";
import styles from "./MenuButton.module.css";

interface MenuButtonProps extends ButtonProps {
  /** What is written on it. */
  title: string;
  /** One entry, as read aloud. */
  noun: string;
  total: number;
  testid: string;
  children?: ReactNode;
}

/** A menu button with the number of entries; other props come from the menu. */
export function MenuButton({ title, noun, total, testid, children, ...target }: MenuButtonProps) {
  return (
    <Button
      variant="default"
      size="xs"
      rightSection={<ChevronIcon size={14} />}
      aria-label={counted(total, noun)}
      data-testid={testid}
      {...target}
    >
      {title} <span className={styles.count}>{count(total)}</span>
      {children}
    </Button>
  );
}
