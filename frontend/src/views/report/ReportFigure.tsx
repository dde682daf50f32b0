import type { FigureTable } from "../../lib/types";
import { Value } from "./Value";

/** A figure as shown on screen. */
export interface RenderedFigure {
  readonly title: string;
  readonly note: string;
  /** Null where it is a table. */
  readonly svg: string | null;
  readonly table: FigureTable | null;
}

export function ReportFigure({ title, note, svg, table }: RenderedFigure) {
  return (
    <figure data-figure={title}>
      <h3>{title}</h3>
      <p className="dim">{note}</p>
      {/* biome-ignore lint/security/noDangerouslySetInnerHtml: Plotly wrote it, texts escaped, and the report's policy allows no script */}
      {svg !== null && <div dangerouslySetInnerHTML={{ __html: svg }} />}
      {table && <Table table={table} />}
    </figure>
  );
}

function Table({ table: { columns, places, rows } }: { table: FigureTable }) {
  return (
    <table>
      <thead>
        <tr>
          {columns.map(({ name, doc }) => (
            <th key={name} title={doc}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={places[index]?.join()}>
            {row.map((value, column) => (
              <td key={columns[column]?.name}>
                <Value value={value} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
