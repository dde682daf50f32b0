import { Input } from "@mantine/core";
import type { KeyboardEvent } from "react";
import type { NumberControl } from "../../lib/controls";
import { readable } from "../../lib/numbers";
import { positionOf, stepValue, valueAt } from "../../lib/slider";
import { useDraft } from "../../state/use_draft";
import styles from "./ConfigCard.module.css";
import { type FieldProps, messageId } from "./Field";
import { Slider } from "./Slider";

/** A slider for the suggested range, and a field that takes any text, which the server validates. */
export function NumberField({ control, value, message, actions }: FieldProps<NumberControl>) {
  const number = typeof value === "number" ? value : Number.NaN;
  const draft = useDraft(value, (typed) => actions.set(control, typed === "" ? control.default : typed));
  const nudge = (event: KeyboardEvent, direction: 1 | -1) => {
    event.preventDefault();
    if (Number.isFinite(number)) draft.replace(stepValue(number, direction, control.slider));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowUp") nudge(event, 1);
    if (event.key === "ArrowDown") nudge(event, -1);
    if (event.key === "Enter") draft.commit();
    if (event.key === "Escape") draft.discard();
  };
  return (
    <div className={styles.control}>
      <Slider
        name={control.name}
        position={Math.round(positionOf(number, control.slider))}
        start={positionOf(control.default, control.slider)}
        text={readable(number)}
        onMove={(position) => actions.drag(control, valueAt(position, control.slider))}
        onRelease={actions.release}
      />
      <Input
        withAria={false}
        className={styles.number}
        size="xs"
        inputMode="decimal"
        autoComplete="off"
        spellCheck={false}
        value={draft.text}
        error={message !== null}
        onChange={(event) => draft.type(event.currentTarget.value)}
        onBlur={draft.commit}
        onKeyDown={onKeyDown}
        aria-label={`${control.name} value`}
        aria-invalid={message !== null}
        aria-describedby={message ? messageId(control) : undefined}
        data-testid={`field-${control.name}-input`}
      />
    </div>
  );
}
