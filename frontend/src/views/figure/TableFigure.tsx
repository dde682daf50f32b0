import { Tooltip } from "@mantine/core";
import { useState } from "react";
import { containsPlace, placeLabel } from "../../lib/places";
import { nextSorting, orderOf, type Sorting } from "../../lib/sorting";
import type { FigureTable, WireNumber } from "../../lib/types";
import { selectTransition } from "../../state/actions/selection";
import { useLink } from "../../state/page";
import choosable from "../ChoosableRows.module.css";
import { Num } from "../Num";
import styles from "./TableFigure.module.css";

interface TableFigureProps {
  table: FigureTable;
  title: string;
}

/** Transitions with their numbers: a heading sorts, a row selects its transition. */
export function TableFigure({ table, title }: TableFigureProps) {
  const [sorting, setSorting] = useState<Sorting | null>(null);
  const selected = useLink(({ selected }) => selected);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className={styles.scroll} tabIndex={0} aria-label={title}>
      <table className={`${styles.table} ${choosable.rows}`}>
        <thead>
          <tr>
            {table.columns.map(({ name, doc }, column) => (
              <th key={name} scope="col" aria-sort={directionOf(sorting, column)}>
                <Heading
                  name={name}
                  doc={doc}
                  direction={directionOf(sorting, column)}
                  onSort={() => setSorting((old) => nextSorting(old, column))}
                />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {orderOf(table, sorting).map((index) => {
            const place = table.places[index] ?? [0, 0];
            return (
              <Row
                key={place.join()}
                place={[place[0], place[1]]}
                label={placeLabel(table.columns, place)}
                values={(table.rows[index] ?? []) as Value[]}
                current={containsPlace(selected, [place[0], place[1]])}
              />
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

type Value = WireNumber | boolean;
type Direction = "ascending" | "descending" | "none";

function directionOf(sorting: Sorting | null, column: number): Direction {
  if (sorting?.column !== column) return "none";
  return sorting.descending ? "descending" : "ascending";
}

const ARROWS: Record<Direction, string> = { ascending: "\u2191", descending: "\u2193", none: "" };

interface HeadingProps {
  name: string;
  doc: string;
  direction: Direction;
  onSort: () => void;
}

function Heading({ name, doc, direction, onSort }: HeadingProps) {
  return (
    <Tooltip label={doc}>
      <button type="button" className={styles.heading} onClick={onSort} data-testid={`sort-${name}`}>
        {name}
        <span aria-hidden="true">{ARROWS[direction]}</span>
      </button>
    </Tooltip>
  );
}

interface RowProps {
  place: readonly [number, number];
  /** Where its transition is. */
  label: string;
  values: readonly Value[];
  current: boolean;
}

function Row({ place, label, values, current }: RowProps) {
  const select = () => selectTransition(place);
  const [row, ...others] = values;
  return (
    <tr onClick={select} data-current={current || undefined} data-testid={`row-${place.join("-")}`}>
      <th scope="row">
        <button type="button" className={styles.pick} aria-pressed={current} title={`Select ${label}`}>
          <Cell value={row ?? 0} />
        </button>
      </th>
      {others.map((value, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the index is what names the column
        <td key={index}>
          <Cell value={value} />
        </td>
      ))}
    </tr>
  );
}

function Cell({ value }: { value: Value }) {
  if (typeof value !== "boolean") return <Num value={value} />;
  return <span className={value ? "num" : "num dim"}>{value ? "yes" : "no"}</span>;
}
