import { Switch } from "@mantine/core";
import type { SwitchControl } from "../../lib/controls";
import styles from "./ConfigCard.module.css";
import type { FieldProps } from "./Field";

export function SwitchField({ control, value, actions }: FieldProps<SwitchControl>) {
  return (
    <Switch
      className={styles.end}
      size="xs"
      checked={value === true}
      onChange={(event) => actions.set(control, event.currentTarget.checked)}
      aria-label={control.name}
      data-testid={`field-${control.name}-switch`}
    />
  );
}
