import type { SliderRange } from "./controls";

/** A slider's thumb moves on this many even steps, whatever the scale of its value. */
export const STEPS = 1000;

/** Powers of ten by which a slider towards its high end comes closer to it before it jumps there. */
const DECADES = 4;

/** Where the thumb stands, 0 to STEPS; a value outside the range stands at its end. */
export function positionOf(value: number, range: SliderRange): number {
  const share = shareOf(value, range);
  if (!Number.isFinite(share)) return 0;
  const last = range.scale === "one_minus_log" && value < range.high ? STEPS - 1 : STEPS;
  return Math.min(last, Math.max(0, share * STEPS));
}

function shareOf(value: number, { low, high, scale }: SliderRange): number {
  if (scale === "log") return Math.log(value / low) / Math.log(high / low);
  if (scale === "linear") return (value - low) / (high - low);
  return value >= high ? 1 : -Math.log10((high - value) / (high - low)) / DECADES;
}

/** The value at a thumb position, in round decimals: nobody means 0.9900000000000001. */
export function valueAt(position: number, range: SliderRange): number {
  const { low, high, scale } = range;
  if (position <= 0) return low;
  if (position >= STEPS) return high;
  const share = position / STEPS;
  if (scale === "log") return Number((low * (high / low) ** share).toPrecision(3));
  if (scale === "one_minus_log") return below(high, (high - low) * 10 ** (-DECADES * share));
  const step = (high - low) / STEPS;
  return Number((low + share * (high - low)).toFixed(decimals(step)));
}

/** The value that lies below another by a gap of three digits. */
function below(high: number, gap: number): number {
  const [, exponent = "0"] = gap.toExponential(2).split("e");
  return Number((high - Number(gap.toPrecision(3))).toFixed(2 - Number(exponent)));
}

/** The value after one press of an arrow key in the number field. */
export function stepValue(value: number, direction: 1 | -1, range: SliderRange): number {
  if (range.scale === "log") return Number((value * (direction > 0 ? 1.1 : 1 / 1.1)).toPrecision(3));
  if (range.scale === "one_minus_log") return valueAt(positionOf(value, range) + (direction * STEPS) / 100, range);
  const step = (range.high - range.low) / 100;
  return Number((value + direction * step).toFixed(decimals(step) + 2));
}

function decimals(step: number): number {
  return Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
}
