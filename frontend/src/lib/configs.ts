import { type Control, isDefault } from "./controls";
import type { Configs, ConfigValue } from "./types";

/** The value a control shows: what was set, else the default. */
export function fieldValue(configs: Configs, loss: string, control: Control): ConfigValue {
  return configs[loss]?.[control.name] ?? control.default;
}

/** The configs with one field set; setting it to its default forgets it, so links stay short. */
export function withValue(configs: Configs, loss: string, control: Control, value: ConfigValue): Configs {
  const { [control.name]: _, ...others } = configs[loss] ?? {};
  return withConfig(configs, loss, isDefault(control, value) ? others : { ...others, [control.name]: value });
}

/** The configs with every field of one loss back at its default. */
export function withDefaults(configs: Configs, loss: string): Configs {
  return withConfig(configs, loss, {});
}

function withConfig(configs: Configs, loss: string, config: Configs[string]): Configs {
  const { [loss]: _, ...others } = configs;
  return Object.keys(config).length > 0 ? { ...others, [loss]: config } : others;
}
