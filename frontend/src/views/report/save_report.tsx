import { renderToStaticMarkup } from "react-dom/server";
import { figureTitle, stem } from "../../lib/file_names";
import { originOf, scriptOf } from "../../state/exports";
import { type Frame, frames } from "../../state/frames";
import { saveFile } from "../../state/save_file";
import type { Shown } from "../../state/shown";
import { linkStore } from "../../state/use_link";
import { placeOfBatch } from "../../state/use_snapshot";
import { styleSheet } from "./look";
import { Report } from "./Report";
import type { Drawn } from "./ReportFigure";

/** Saves the whole screen as one file that needs no server, no network and no script. */
export async function saveReport(screen: Shown): Promise<void> {
  const { loss, batch: info } = screen.view;
  const place = placeOfBatch(linkStore.get(), info);
  const [script, origin, figures] = await Promise.all([
    scriptOf(screen),
    place && originOf(place),
    Promise.all(frames().map((frame) => drawn(frame, screen))),
  ]);
  const made = new Date().toLocaleString([], { dateStyle: "long", timeStyle: "short" });
  const report = { screen, origin, figures, script, link: linkStore.href(), style: styleSheet(), made };
  const page = `<!doctype html>\n${renderToStaticMarkup(<Report {...report} />)}\n`;
  saveFile(`${stem(info.name)}-${loss.name}-report.html`, page, "text/html");
}

async function drawn({ element, result }: Frame, { catalogue }: Shown): Promise<Drawn> {
  const figure = { title: figureTitle(result, catalogue), note: result.note, table: result.table };
  if (result.table) return { ...figure, svg: null };
  const { svgOf } = await import("../figure/picture_of");
  return { ...figure, svg: await svgOf(element, "", []) };
}
