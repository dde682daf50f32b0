import { renderToStaticMarkup } from "react-dom/server";
import { figureFile, figureTitle } from "../../lib/file_names";
import { originOf, scriptOf } from "../../state/exports";
import { type Frame, framesOnScreen } from "../../state/frames";
import { addressBar, currentLink } from "../../state/page";
import { saveFile } from "../../state/save_file";
import type { ScreenSnapshot } from "../../state/screen_snapshot";
import { placeOfBatch } from "../../state/use_snapshot";
import { styleSheet } from "./look";
import { Report } from "./Report";
import type { RenderedFigure } from "./ReportFigure";

/** Saves the whole screen as one file that needs no server, no network and no script. */
export async function saveReport(screen: ScreenSnapshot): Promise<void> {
  const { loss, batch: info } = screen.view;
  const place = placeOfBatch(currentLink(), info);
  const [script, origin, figures] = await Promise.all([
    scriptOf(screen),
    place && originOf(place),
    Promise.all(framesOnScreen().map((frame) => rendered(frame, screen))),
  ]);
  const made = new Date().toLocaleString([], { dateStyle: "long", timeStyle: "short" });
  const report = { screen, origin, figures, script, link: addressBar.href(), style: styleSheet(), made };
  const page = `<!doctype html>\n${renderToStaticMarkup(<Report {...report} />)}\n`;
  saveFile(`${figureFile(info.name, loss.name, "report")}.html`, page, "text/html");
}

async function rendered({ element, result }: Frame, { catalogue }: ScreenSnapshot): Promise<RenderedFigure> {
  const figure = { title: figureTitle(result, catalogue), note: result.note, table: result.table };
  if (result.table) return { ...figure, svg: null };
  const { svgOf } = await import("../figure/picture_of");
  return { ...figure, svg: await svgOf(element, "", []) };
}
