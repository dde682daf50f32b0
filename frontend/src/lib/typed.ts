import type { ConfigValue } from "./types";

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * What a person typed, as what it means: a number, true or false, or the text itself.
 *
 * Text that is no finite number stays text, so the server refuses it by name; turning it into a number here
 * would send null.
 */
export function parseValue(text: string): ConfigValue {
  const trimmed = text.trim();
  if (trimmed === "true" || trimmed === "false") return trimmed === "true";
  if (!NUMBER.test(trimmed)) return trimmed;
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : trimmed;
}
