import { onlyChanged } from "./configs";
import { controlsOf } from "./controls";
import type { BatchInfo, Config, Configs, LossInfo, SnapshotOrigin } from "./types";
import { runs } from "./view";

/** The configs of a snapshot as links hold them. A loss that was not trained weighs nothing: so totals are training's. */
export function trainedConfigs(
  trained: SnapshotOrigin["configs"],
  batch: BatchInfo,
  catalogue: readonly LossInfo[],
): Configs {
  if (Object.keys(trained).length === 0) return {};
  const configs = catalogue.map(({ name, config_schema }): [string, Config] => {
    const config = trained[name] ?? (runs(batch, name) ? { weight: 0 } : {});
    return [name, onlyChanged(controlsOf(config_schema), config)];
  });
  return Object.fromEntries(configs.filter(([, config]) => Object.keys(config).length > 0));
}

/** Where configs are not those that were trained: "dqn.gamma 0.9 instead of 0.99". */
export function deviations(now: Configs, trained: Configs, catalogue: readonly LossInfo[]): string[] {
  return catalogue.flatMap(({ name: loss, config_schema }) =>
    controlsOf(config_schema).flatMap(({ name, default: usual }) => {
      const [here, there] = [now[loss]?.[name] ?? usual, trained[loss]?.[name] ?? usual];
      return Object.is(here, there) ? [] : [`${loss}.${name} ${here} instead of ${there}`];
    }),
  );
}
