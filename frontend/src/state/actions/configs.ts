import { useMemo } from "react";
import { fieldValue, withDefaults, withOnly, withValue } from "../../lib/configs";
import type { Control } from "../../lib/controls";
import type { Config, Configs, ConfigValue } from "../../lib/types";
import { addressBar, currentLink, store } from "../page";

export function setConfigField(loss: string, control: Control, value: ConfigValue): void {
  addressBar.change({ configs: withValue(currentLink().configs, loss, control, value) });
}

/** Sets a field while its slider is dragged: a gesture of many small changes is one step back in the history. */
export function dragConfigField(loss: string, control: Control, value: ConfigValue): void {
  const { configs } = currentLink();
  // A press on the thumb reports the value that is there: the step begins with the first change.
  if (Object.is(fieldValue(configs, loss, control), value)) return;
  const step = store.getState().dragging ? "replace" : "push";
  store.setState({ dragging: true });
  addressBar.change({ configs: withValue(configs, loss, control, value) }, step);
}

/** Ends the gesture: whatever was left out of it is requested now. */
export function releaseSlider(): void {
  if (store.getState().dragging) store.setState({ dragging: false });
}

/** Sets every field of a loss to its default. */
export function resetConfig(loss: string): void {
  addressBar.change({ configs: withDefaults(currentLink().configs, loss) });
}

/** Sets the fields of a preset, and all others of the loss to their defaults. */
export function applyPreset(loss: string, controls: readonly Control[], config: Config): void {
  addressBar.change({ configs: withOnly(currentLink().configs, loss, controls, config) });
}

export function replaceConfigs(configs: Configs): void {
  addressBar.change({ configs });
}

/** Take the last change of a config back, and back again; everything else stays. */
export const { undo, redo } = addressBar;

/** What the form of one loss can do. */
export function useConfigActions(loss: string) {
  return useMemo(
    () => ({
      set: (control: Control, value: ConfigValue) => setConfigField(loss, control, value),
      drag: (control: Control, value: ConfigValue) => dragConfigField(loss, control, value),
      release: releaseSlider,
      reset: () => resetConfig(loss),
    }),
    [loss],
  );
}
