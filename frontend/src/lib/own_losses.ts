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
export function catalogueConfigs(batch: BatchInfo, catalogue: readonly LossInfo[], configs: Configs): Configs {
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

/** Shows a function that currently fails with the terms of its last result. */
export function withPreviousTerms(now: readonly LossInfo[], before: readonly LossInfo[]): LossInfo[] {
  return now.map((loss) => {
    const last = loss.error && before.find(({ name, error }) => name === loss.name && !error);
    return last ? { ...last, config_schema: loss.error?.traceback ? last.config_schema : loss.config_schema } : loss;
  });
}

/** The error of the viewed function if it had a result before, which stays on screen. */
export function newFunctionError(request: EvaluateRequest, now: Evaluation, before: Evaluation): ApiProblem | null {
  const inView = request.figures?.[0]?.loss;
  const error = inView === undefined ? null : now.losses[inView]?.error;
  const hadValue = inView !== undefined && (before.losses[inView]?.loss ?? null) !== null;
  return error?.code === "loss_function" && hadValue ? error : null;
}
