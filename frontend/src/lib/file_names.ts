import type { FigureResult, LossInfo } from "./types";

/** A batch's name without its file extension. */
export function stem(batchName: string): string {
  return batchName.replace(/(?<=.)\.[A-Za-z][A-Za-z0-9]*$/, "");
}

/** The title of a figure, with its term if it has one. */
export function figureTitle({ kind, loss, term }: FigureResult, catalogue: readonly LossInfo[]): string {
  const info = catalogue.find(({ name }) => name === loss)?.figures.find((figure) => figure.kind === kind);
  if (info && info.need !== "term") return info.title;
  const title = info?.title ?? kind.replace(/^./, (first) => first.toUpperCase());
  return `${title} of ${term}`;
}

/** The name of a figure's file, without ending: "demo-0-dqn-map-of-td_error". */
export function figureFile(batchName: string, loss: string, title: string): string {
  return `${stem(batchName)}-${loss}-${title}`.replaceAll(/[^\p{L}\p{N}._-]+/gu, "-").replace(/-$/, "");
}
