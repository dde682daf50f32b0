import { knownFields } from "./configs";
import type { ApiProblem, BatchInfo, Configs, EvaluateRequest, Evaluation, LossInfo } from "./types";
import { runs } from "./view";

/** The losses to be shown on a batch: a recorded one where a field is named as such. */
export function lossesOn(batch: BatchInfo | undefined, catalogue: readonly LossInfo[]): LossInfo[] {
  return catalogue.filter(({ name }) => name !== RECORDED || (batch && runs(batch, name)));
}

const RECORDED = "recorded";

/**
 * What may change which terms a loss has that differs from batch to batch: its switches, choices and whole numbers.
 * A number that is dragged leaves them as they are.
 */
export function shapingConfigs(batch: BatchInfo, catalogue: readonly LossInfo[], configs: Configs): Configs {
  const changing = catalogue.filter((loss) => loss.per_batch && runs(batch, loss.name));
  return Object.fromEntries(
    changing.map((loss) => {
      const known = Object.entries(knownFields(loss, configs[loss.name] ?? {}));
      return [loss.name, Object.fromEntries(known.filter(([, value]) => !isFraction(value)))];
    }),
  );
}

function isFraction(value: unknown): boolean {
  return typeof value === "number" && !Number.isInteger(value);
}

/** A function that gives no result at the moment is shown with the terms that it had. */
export function withTermsBefore(now: readonly LossInfo[], before: readonly LossInfo[]): LossInfo[] {
  return now.map((loss) => {
    const last = loss.error && before.find(({ name, error }) => name === loss.name && !error);
    return last ? { ...last, config_schema: loss.error?.traceback ? last.config_schema : loss.config_schema } : loss;
  });
}

/** Why a function that is looked at has no result now, where it had one before: that one stays on screen. */
export function raisedAnew(request: EvaluateRequest, now: Evaluation, before: Evaluation): ApiProblem | null {
  const inView = request.figures?.[0]?.loss;
  const error = inView === undefined ? null : now.losses[inView]?.error;
  const hadValue = inView !== undefined && (before.losses[inView]?.loss ?? null) !== null;
  return error?.code === "loss_function" && hadValue ? error : null;
}
