import { Skeleton, Tooltip } from "@mantine/core";
import type { KeyboardEvent } from "react";
import { addressParts, quantityName, type ShardView, type SortBy } from "../../lib/scan";
import { count } from "../../lib/sizes";
import type { ShardRow } from "../../lib/types";
import { escapeInvisible } from "../../lib/visible";
import { selectShard } from "../../state/actions/scan";
import choosable from "../ChoosableRows.module.css";
import { AlertIcon, CheckIcon, StopIcon } from "../icons";
import { Num } from "../Num";
import { TextWithCode } from "../TextWithCode";
import styles from "./Shards.module.css";

interface ShardTableProps {
  /** Null while the first are awaited. */
  rows: readonly ShardRow[] | null;
  loss: string | null;
  view: ShardView;
  selected: number | null;
  stale: boolean;
  onSort: (sort: SortBy) => void;
}

/** The table of shards with their issues: a heading sorts, a row or the arrow keys select. */
export function ShardTable({ rows, loss, view, selected, stale, onSort }: ShardTableProps) {
  const heading = { view, onSort };
  if (rows?.length === 0) {
    return (
      <p className={styles.none} data-testid="shards-none">
        No shard is like that.
      </p>
    );
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className={styles.scroll} tabIndex={0} aria-label="Shards" data-before={stale || undefined}>
      <table className={`${styles.table} ${choosable.rows}`}>
        <thead>
          <tr>
            <Heading
              {...heading}
              sort="rank"
              name="#"
              doc="Rank: the shard with the most errors, then warnings, first."
            />
            <Heading {...heading} sort="name" name="shard" doc="Name of the shard; point at one for its folder." left />
            <th scope="col" className={styles.left}>
              <span className={styles.plain}>what is wrong</span>
            </th>
            <Heading {...heading} sort="steps" name="steps" doc="Steps of all its sequences." />
            <Heading
              {...heading}
              sort="deviation"
              name="deviation"
              doc="Largest distance of one of its distributions from those of all other shards: 0 alike, 1 nothing in common."
            />
            {loss && <Heading {...heading} sort="loss" name={loss} doc={`Mean of ${loss} over the shard.`} />}
          </tr>
        </thead>
        <tbody onKeyDown={moveFocus}>
          {rows
            ? rows.map((row) => <Row key={row.rank} row={row} loss={loss} current={row.rank === selected} />)
            : [1, 2, 3, 4, 5, 6].map((number) => (
                <tr key={number}>
                  <td colSpan={6}>
                    <Skeleton height={18} />
                  </td>
                </tr>
              ))}
        </tbody>
      </table>
    </section>
  );
}

interface HeadingProps {
  name: string;
  doc: string;
  sort: SortBy;
  view: ShardView;
  left?: boolean;
  onSort: (sort: SortBy) => void;
}

function Heading({ name, doc, sort, view, left, onSort }: HeadingProps) {
  const current = view.sort === sort;
  const direction = !current ? "none" : view.descending ? "descending" : "ascending";
  return (
    <th scope="col" aria-sort={direction} className={left ? styles.left : undefined}>
      <Tooltip label={doc}>
        <button type="button" className={styles.heading} onClick={() => onSort(sort)} data-testid={`sort-${sort}`}>
          {name}
          <span aria-hidden="true">{current && sort !== "rank" ? (view.descending ? "\u2193" : "\u2191") : ""}</span>
        </button>
      </Tooltip>
    </th>
  );
}

function Row({ row, loss, current }: { row: ShardRow; loss: string | null; current: boolean }) {
  const { folder, name } = addressParts(row.shard);
  const more = row.errors + row.warnings - 1;
  return (
    <tr onClick={() => selectShard(row.rank)} data-current={current || undefined} data-testid={`shard-${row.rank}`}>
      <td>
        <State row={row} />
      </td>
      <th scope="row" className={styles.left}>
        <button
          type="button"
          className={styles.pick}
          aria-pressed={current}
          title={escapeInvisible(folder + name)}
          data-pick
        >
          {escapeInvisible(name)}
        </button>
      </th>
      <td className={styles.wrong} title={escapeInvisible(row.message)}>
        {row.message ? (
          <>
            {more > 0 && <span className={styles.more}>+{more}</span>}
            <span className={styles.message}>
              <TextWithCode text={escapeInvisible(row.message)} />
            </span>
          </>
        ) : (
          <span className="dim">nothing of its own</span>
        )}
      </td>
      <td className="num">{row.read ? count(row.steps) : <span className="dim">not read</span>}</td>
      <td title={row.quantity && quantityName(row.quantity)}>
        {row.deviation === null ? (
          <span className="dim">–</span>
        ) : (
          <Bar size={Number(row.deviation)} large={row.large && row.errors + row.warnings > 0} />
        )}
      </td>
      {loss && <td>{row.loss === null ? <span className="dim">–</span> : <Num value={row.loss} />}</td>}
    </tr>
  );
}

function State({ row: { errors, warnings } }: { row: ShardRow }) {
  if (errors > 0) {
    return (
      <span className={styles.error} title="error">
        <StopIcon size={14} />
        <span className="hidden-text">error</span>
      </span>
    );
  }
  if (warnings > 0) {
    return (
      <span className={styles.warning} title="warning">
        <AlertIcon size={14} />
        <span className="hidden-text">warning</span>
      </span>
    );
  }
  return (
    <span className="dim" title="nothing of its own">
      <CheckIcon size={14} />
    </span>
  );
}

/** A distance from 0 to 1 as the length of a bar; one of a shard that stands out in another colour. */
function Bar({ size, large }: { size: number; large: boolean }) {
  return (
    <span className={styles.deviation} data-large={large || undefined}>
      <span className={styles.track} aria-hidden="true">
        <span style={{ width: `${Math.min(1, size) * 100}%` }} />
      </span>
      <span className="num">{size.toFixed(2)}</span>
    </span>
  );
}

/** Up and down go from shard to shard. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by === undefined) return;
  const picks = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-pick]")];
  const next = picks[picks.indexOf(document.activeElement as HTMLElement) + by];
  if (!next) return;
  event.preventDefault();
  event.stopPropagation();
  next.focus();
  next.click();
}
