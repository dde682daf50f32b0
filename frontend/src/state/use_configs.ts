import { useCallback, useMemo } from "react";
import { fieldValue, withDefaults, withOnly, withValue } from "../lib/configs";
import type { Control } from "../lib/controls";
import type { Config, ConfigValue } from "../lib/types";
import { drop, isDragging, startDragging } from "./dragging";
import { linkStore } from "./use_link";

/** Sets fields of one loss's config. A gesture of many small changes is one step back in the history. */
export function useConfigs(loss: string) {
  const set = useCallback(
    (control: Control, value: ConfigValue) =>
      linkStore.update({ configs: withValue(linkStore.get().configs, loss, control, value) }),
    [loss],
  );

  const drag = useCallback(
    (control: Control, value: ConfigValue) => {
      const { configs } = linkStore.get();
      // A press on the thumb reports the value that is there: the step begins with the first change.
      if (Object.is(fieldValue(configs, loss, control), value)) return;
      const step = isDragging() ? "replace" : "push";
      startDragging();
      linkStore.update({ configs: withValue(configs, loss, control, value) }, step);
    },
    [loss],
  );

  const reset = useCallback(() => linkStore.update({ configs: withDefaults(linkStore.get().configs, loss) }), [loss]);

  const apply = useCallback(
    (controls: readonly Control[], config: Config) =>
      linkStore.update({ configs: withOnly(linkStore.get().configs, loss, controls, config) }),
    [loss],
  );

  return useMemo(() => ({ set, drag, drop, reset, apply }), [set, drag, reset, apply]);
}
