import type { LossResult, WireNumber } from "./types";

export type Numbers = Readonly<Record<string, WireNumber>>;

/** Numbers of a loss that stand beside each other under one name. */
export interface Column {
  readonly name: "live" | "slice" | "pinned" | "difference";
  readonly numbers: Numbers;
}

/** The loss and its metrics, beside them those of the slice, those that are pinned, and live minus pinned. */
export function columnsOf(live: LossResult, pinned: LossResult | null): Column[] {
  const own = numbersOf(live);
  const columns: Column[] = [{ name: "live", numbers: own }];
  if (live.slice) columns.push({ name: "slice", numbers: withLoss(live.slice.loss, live.slice.metrics) });
  if (!pinned) return columns;
  const other = numbersOf(pinned);
  return [...columns, { name: "pinned", numbers: other }, { name: "difference", numbers: difference(own, other) }];
}

function numbersOf({ loss, gradient_norm, metrics }: LossResult): Numbers {
  return withLoss(loss, gradient_norm === null ? metrics : { gradient_norm, ...metrics });
}

function withLoss(loss: WireNumber | null, metrics: Numbers): Numbers {
  return loss === null ? metrics : { loss, ...metrics };
}

function difference(live: Numbers, pinned: Numbers): Numbers {
  const both = Object.keys(live).filter((name) => name in pinned);
  return Object.fromEntries(both.map((name) => [name, wire(Number(live[name]) - Number(pinned[name]))]));
}

/** A number as the server would spell it. */
function wire(number: number): WireNumber {
  if (Number.isNaN(number)) return "NaN";
  if (Number.isFinite(number)) return number;
  return number > 0 ? "Infinity" : "-Infinity";
}
