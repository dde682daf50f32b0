const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** A file size in decimal units with at most three digits. */
export function fileSize(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? size : Number(size.toPrecision(3))} ${UNITS[unit]}`;
}

/** A count with commas between thousands, as the server writes it in its notes. */
export function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** "1 transition", "4,064 transitions". */
export function counted(n: number, noun: string): string {
  return `${count(n)} ${n === 1 ? noun : plural(noun)}`;
}

const PLURALS: Readonly<Record<string, string>> = { index: "indices", entry: "entries" };

function plural(noun: string): string {
  return PLURALS[noun] ?? `${noun}s`;
}

/** A moment as local date and time to the minute. */
export function formatDateTime(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : date.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}
