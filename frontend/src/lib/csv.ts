import { exactText } from "./numbers";
import type { FigureTable, WireNumber } from "./types";

const SPELLED: Record<string, string> = { NaN: "nan", Infinity: "inf", "-Infinity": "-inf" };

/** A table as CSV, numbers exact, spelled as in the files of the server. */
export function csvOf({ columns, rows }: FigureTable): string {
  const lines = [columns.map(({ name }) => quoted(asText(name))), ...rows.map((row) => row.map(cell))];
  return lines.map((line) => `${line.join(",")}\n`).join("");
}

function cell(value: WireNumber | boolean): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  const text = exactText(value);
  return SPELLED[text] ?? text;
}

/** A name that no spreadsheet takes for a formula, which may run programs; as the server writes it. */
function asText(name: string): string {
  return /^[=+\-@\t\r]/.test(name) ? `'${name}` : name;
}

function quoted(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
