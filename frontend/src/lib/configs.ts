import { type Control, isDefault } from "./controls";
import type { Config, Configs, ConfigValue, LossInfo } from "./types";

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

/** The configs with those fields of one loss set, and all its others back at their defaults. */
export function withOnly(configs: Configs, loss: string, controls: readonly Control[], config: Config): Configs {
  return withConfig(configs, loss, onlyChanged(controls, config));
}

/** The fields that differ from their defaults. */
export function onlyChanged(controls: readonly Control[], config: Config): Config {
  return Object.fromEntries(
    Object.entries(config).filter(([name, value]) => !controls.some((c) => c.name === name && isDefault(c, value))),
  );
}

/** The fields that a loss has; of a user's own function a link may hold some that its file no longer has. */
export function knownFields(loss: LossInfo, config: Config): Config {
  if (loss.file === null) return config;
  const known = Object.keys((loss.config_schema.properties ?? {}) as object);
  return Object.fromEntries(Object.entries(config).filter(([name]) => known.includes(name)));
}

function withConfig(configs: Configs, loss: string, config: Configs[string]): Configs {
  const { [loss]: _, ...others } = configs;
  return Object.keys(config).length > 0 ? { ...others, [loss]: config } : others;
}
