import { placeNoun } from "../../lib/terms";
import type { SnapshotOrigin, Transition } from "../../lib/types";
import { escapeInvisible } from "../../lib/visible";
import type { ScreenSnapshot } from "../../state/screen_snapshot";
import { BatchFacts } from "./BatchFacts";
import { Losses } from "./Losses";
import { type RenderedFigure, ReportFigure } from "./ReportFigure";
import { Value } from "./Value";

/** CSP of the report: no scripts and no external resources, whatever a name in the batch contains. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

interface ReportProps {
  screen: ScreenSnapshot;
  /** The snapshot of a run that the batch is. */
  origin: SnapshotOrigin | null;
  figures: readonly RenderedFigure[];
  script: string;
  link: string;
  style: string;
  made: string;
}

/** The screen as one self-contained page. */
export function Report({ screen, origin, figures, script, link, style, made }: ReportProps) {
  const { batch, loss } = screen.view;
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta httpEquiv="Content-Security-Policy" content={POLICY} />
        <meta name="viewport" content="width=device-width" />
        <title>{`${escapeInvisible(batch.name)} · ${loss.title} · mouse`}</title>
        <style>{style}</style>
      </head>
      <body>
        <h1>{escapeInvisible(batch.name)}</h1>
        <p className="dim">
          {loss.title} as mouse showed it on {made}. <a href={link}>Open this screen</a> while that dashboard is
          running.
        </p>
        <Losses screen={screen} />
        {screen.transition && <Terms transition={screen.transition} noun={placeNoun(loss)} />}
        <h2>Figures</h2>
        {figures.map((figure) => (
          <ReportFigure key={figure.title} {...figure} />
        ))}
        <BatchFacts batch={batch} origin={origin} />
        <h2>The same in Python</h2>
        <pre>{script}</pre>
      </body>
    </html>
  );
}

function Terms({ transition: { row, step, terms }, noun }: { transition: Transition; noun: string }) {
  return (
    <>
      <h2>{noun === "item" ? `Item ${row}` : `Sequence ${row}, ${noun} ${step}`}</h2>
      <section className="card" data-name="transition">
        <table>
          <tbody>
            {terms.map(({ name, doc, formula, value }) => (
              <tr key={name} data-name={name} title={doc}>
                <th>
                  <code>{name}</code>
                </th>
                <td className="values">{value === null ? <i className="dim">off</i> : <Value value={value} />}</td>
                <td className="dim">
                  <code>{formula}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}
