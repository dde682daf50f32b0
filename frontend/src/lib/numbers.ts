import type { WireNumber } from "./types";

const SIGNIFICANT = 6;

/** The full text of a number, as JavaScript reads it back bit for bit; non-finite ones by name. */
export function exactText(value: WireNumber): string {
  const number = Number(value);
  return Object.is(number, -0) ? "-0" : String(number);
}

/** The same number, short enough to read: six significant digits, non-finite values as loud as they are. */
export function readable(value: WireNumber): string {
  const number = Number(value);
  if (Number.isNaN(number)) return "NaN";
  if (!Number.isFinite(number)) return number > 0 ? "+inf" : "-inf";
  if (Object.is(number, -0)) return "-0";
  if (Number.isInteger(number) && Math.abs(number) < 1e9) return String(number);
  return rounded(number);
}

function rounded(number: number): string {
  const size = Math.abs(number);
  if (size >= 1e-4 && size < 1e7) return String(Number(number.toPrecision(SIGNIFICANT)));
  const [digits = "", exponent = ""] = number.toExponential(SIGNIFICANT - 1).split("e");
  return `${Number(digits)}e${exponent.replace("+", "")}`;
}

export function isFiniteNumber(value: WireNumber): boolean {
  return Number.isFinite(Number(value));
}

/** A share of a whole in percent, one decimal; a share that is no finite number stays visible as what it is. */
export function percent(share: WireNumber): string {
  return isFiniteNumber(share) ? `${(Number(share) * 100).toFixed(1)} %` : readable(share);
}
