import { shortSizeOf } from "./batch_size";
import { exactText } from "./numbers";
import type { BatchInfo, Config, Configs, FigureResult, LossInfo } from "./types";
import { escapeInvisible } from "./visible";

/** "gamma = 0.9, cql_weight = 0.5": what of a config is not at its default. */
export function configText(config: Config | undefined): string {
  const fields = Object.entries(config ?? {});
  const text = fields.map(([name, value]) => `${name} = ${typeof value === "number" ? exactText(value) : value}`);
  return text.join(", ") || "default configuration";
}

/** The caption of an exported figure: note, batch, loss and its configuration. */
export function captionLines(
  { loss, note }: FigureResult,
  batch: BatchInfo,
  catalogue: readonly LossInfo[],
  configs: Configs,
): string[] {
  const of = catalogue.find(({ name }) => name === loss);
  const source = `${escapeInvisible(batch.name)} (${shortSizeOf(batch)}, sha256 ${batch.id.slice(0, 12)})`;
  return [note, source, of ? `${of.title}: ${configText(configs[loss])}` : ""].filter((line) => line !== "");
}
