import type { Layout } from "plotly.js";
import { SURFACE } from "./plot_look";

const MARGIN = 14;
const TITLE = 15;
const LINE = 11;
const LEADING = 1.3;
/** Mean width of a letter, as a share of its height. */
const LETTER = 0.54;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A figure's layout on a ground of its own, with a title and lines of text above if any, and the size that this takes. */
export function captioned(
  layout: Partial<Layout>,
  { width, height }: Size,
  title: string,
  lines: readonly string[],
  dark: boolean,
): Partial<Layout> {
  const wrapped = lines.flatMap((line) => wrapText(line, Math.floor((width - 2 * MARGIN) / (LINE * LETTER))));
  const head = title === "" ? 0 : Math.ceil(MARGIN + TITLE * LEADING + wrapped.length * LINE * LEADING + MARGIN / 2);
  const { t: top = 0, b: bottom = 0 } = layout.margin ?? {};
  return {
    ...layout,
    autosize: false,
    width,
    height: height + head + MARGIN / 2,
    margin: { ...layout.margin, t: top + head, b: bottom + MARGIN / 2 },
    paper_bgcolor: SURFACE[dark ? "dark" : "light"],
    title: {
      text: `<b>${plain(title)}</b>`,
      subtitle: { text: wrapped.map(plain).join("<br>"), font: { size: LINE } },
      font: { size: TITLE },
      x: 0,
      xref: "container",
      xanchor: "left",
      y: 1,
      yref: "container",
      yanchor: "top",
      automargin: false,
      pad: { l: MARGIN, t: MARGIN },
    },
  };
}

/** Breaks a line between words so that no part is longer than asked for, unless a word is. */
export function wrapText(line: string, most: number): string[] {
  const parts: string[] = [];
  for (const word of line.split(" ")) {
    const last = parts.at(-1);
    if (last === undefined || last.length + 1 + word.length > most) parts.push(word);
    else parts[parts.length - 1] = `${last} ${word}`;
  }
  return parts;
}

/** Plotly reads a few tags in its texts; a batch's name is not to be one. */
function plain(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
