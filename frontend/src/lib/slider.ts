import type { SliderRange } from "./controls";

/** A slider's thumb moves on this many even steps, whatever the scale of its value. */
export const STEPS = 1000;

/** Where the thumb stands, 0 to STEPS; a value outside the range stands at its end. */
export function positionOf(value: number, range: SliderRange): number {
  const share = range.log
    ? Math.log(value / range.low) / Math.log(range.high / range.low)
    : (value - range.low) / (range.high - range.low);
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) * STEPS : 0;
}

/** The value at a thumb position, in round decimals: nobody means 0.9900000000000001. */
export function valueAt(position: number, range: SliderRange): number {
  if (position <= 0) return range.low;
  if (position >= STEPS) return range.high;
  const share = position / STEPS;
  if (range.log) return Number((range.low * (range.high / range.low) ** share).toPrecision(3));
  const step = (range.high - range.low) / STEPS;
  return Number((range.low + share * (range.high - range.low)).toFixed(decimals(step)));
}

/** What one press of an arrow key in the number field adds or takes. */
export function nudged(value: number, direction: 1 | -1, range: SliderRange): number {
  if (range.log) return Number((value * (direction > 0 ? 1.1 : 1 / 1.1)).toPrecision(3));
  const step = (range.high - range.low) / 100;
  return Number((value + direction * step).toFixed(decimals(step) + 2));
}

function decimals(step: number): number {
  return Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
}
