import { ActionIcon } from "@mantine/core";
import { memo } from "react";
import { type Control, isDefault } from "../../lib/controls";
import type { ConfigValue } from "../../lib/types";
import type { useConfigActions } from "../../state/actions/configs";
import { ResetIcon } from "../icons";
import { Term } from "../Term";
import styles from "./ConfigCard.module.css";
import { NumberField } from "./NumberField";
import { SelectField } from "./SelectField";
import { SwitchField } from "./SwitchField";

export interface FieldProps<C extends Control = Control> {
  control: C;
  value: ConfigValue;
  /** What the server says is wrong with the value. */
  message: string | null;
  actions: ReturnType<typeof useConfigActions>;
}

/** One config field: its name with a tooltip, a reset button if changed, the control, and the server's message. */
export const Field = memo(function Field(props: FieldProps) {
  const { control, value, message, actions } = props;
  const changed = !isDefault(control, value);
  const bounds = control.kind === "number" && control.bounds ? `${control.bounds}, ` : "";
  return (
    <div className={`${styles.field} ${changed ? styles.changed : ""}`} data-testid={`field-${control.name}`}>
      <div className={styles.top}>
        <span className={styles.label}>
          <Term name={control.name} doc={control.doc} formula={`${bounds}default ${control.default}`} mono />
        </span>
        {changed && (
          <ActionIcon
            size={20}
            variant="subtle"
            onClick={() => actions.set(control, control.default)}
            aria-label={`Reset ${control.name} to ${control.default}`}
            data-testid={`field-${control.name}-reset`}
          >
            <ResetIcon size={13} />
          </ActionIcon>
        )}
        {control.kind === "switch" && <SwitchField {...props} control={control} />}
        {control.kind === "select" && <SelectField {...props} control={control} />}
      </div>
      {control.kind === "number" && <NumberField {...props} control={control} />}
      {message && (
        <p className={styles.message} role="alert" id={messageId(control)} data-testid={`field-${control.name}-error`}>
          {message}
        </p>
      )}
    </div>
  );
});

export function messageId(control: Control): string {
  return `message-${control.name}`;
}
