import { Select } from "@mantine/core";
import type { SelectControl } from "../../lib/controls";
import styles from "./ConfigCard.module.css";
import { type FieldProps, messageId } from "./Field";

export function SelectField({ control, value, message, actions }: FieldProps<SelectControl>) {
  const choice = String(value);
  const options = control.options.includes(choice) ? control.options : [...control.options, choice];
  return (
    <Select
      className={styles.end}
      size="xs"
      w={150}
      data={[...options]}
      value={choice}
      error={message !== null}
      allowDeselect={false}
      onChange={(next) => next !== null && actions.set(control, next)}
      aria-label={control.name}
      aria-describedby={message ? messageId(control) : undefined}
      data-testid={`field-${control.name}-select`}
    />
  );
}
