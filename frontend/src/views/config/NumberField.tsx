import { Input, Slider } from "@mantine/core";
import type { KeyboardEvent } from "react";
import type { NumberControl } from "../../lib/controls";
import { readable } from "../../lib/numbers";
import { nudged, positionOf, STEPS, valueAt } from "../../lib/slider";
import { useDraft } from "../../state/use_draft";
import styles from "./ConfigCard.module.css";
import { type FieldProps, messageId } from "./Field";

/** A slider for what is worth trying, and beside it a field that takes any text: the server judges it. */
export function NumberField({ control, value, message, actions }: FieldProps<NumberControl>) {
  const number = typeof value === "number" ? value : Number.NaN;
  const draft = useDraft(value, (typed) => actions.set(control, typed === "" ? control.default : typed));
  const nudge = (event: KeyboardEvent, direction: 1 | -1) => {
    event.preventDefault();
    if (Number.isFinite(number)) draft.replace(nudged(number, direction, control.slider));
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
        min={0}
        max={STEPS}
        value={positionOf(number, control.slider)}
        startPointValue={positionOf(control.default, control.slider)}
        onChange={(position) => actions.drag(control, valueAt(position, control.slider))}
        onChangeEnd={actions.drop}
        thumbLabel={control.name}
        thumbValueText={() => readable(number)}
        data-testid={`field-${control.name}-slider`}
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
