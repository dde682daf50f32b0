import { isFiniteNumber } from "./numbers";
import { numberOf, type SnapshotStatus, statusOf } from "./run_series";
import type { SnapshotInfo, WireNumber } from "./types";

/** Positions of a run's steps, from 0 for the first to 1 for the last. */
export function placeOf(timeline: readonly SnapshotInfo[], step: number): number {
  const [first, last] = [timeline[0]?.step ?? 0, timeline[timeline.length - 1]?.step ?? 0];
  return last > first ? Math.min(1, Math.max(0, (step - first) / (last - first))) : 0;
}

/** A non-finite number, drawn at an edge: -inf at the lower, +inf and NaN at the upper one. */
export interface Stray {
  readonly step: number;
  readonly value: WireNumber;
  readonly edge: "top" | "bottom";
}

/** A series over the steps, in a square with its origin at the top left. */
export interface Curve {
  /** An SVG path through what is finite, broken where a number is not. */
  readonly line: string;
  /** Its points, each a path of no length. */
  readonly dots: string;
  readonly strays: readonly Stray[];
  /** The least and the greatest finite number; null when there is none. */
  readonly range: readonly [low: number, high: number] | null;
}

export function curveOf(timeline: readonly SnapshotInfo[], key: string): Curve {
  const known = timeline.flatMap((snapshot) => {
    const value = numberOf(snapshot, key);
    return value === null ? [] : [{ step: snapshot.step, value }];
  });
  const finite = known.filter(({ value }) => isFiniteNumber(value)).map(({ value }) => Number(value));
  const [low, high] = [least(finite), greatest(finite)];
  const point = (step: number, value: number) =>
    `${short(placeOf(timeline, step))} ${short(high > low ? (high - value) / (high - low) : 0.5)}`;
  let pen = "M";
  let [line, dots] = ["", ""];
  for (const { step, value } of known) {
    if (!isFiniteNumber(value)) {
      pen = "M";
      continue;
    }
    const at = point(step, Number(value));
    line += pen + at;
    dots += `M${at}h0`;
    pen = "L";
  }
  const strays = known
    .filter(({ value }) => !isFiniteNumber(value))
    .map((each): Stray => ({ ...each, edge: each.value === "-Infinity" ? "bottom" : "top" }));
  return { line, dots, strays, range: finite.length > 0 ? [low, high] : null };
}

/** A mark of one snapshot or of neighbours that have no room for one each: the most serious of them. */
export interface Mark {
  readonly snapshot: SnapshotInfo;
  readonly verdict: SnapshotStatus;
  readonly starred: boolean;
}

const SERIOUS: readonly SnapshotStatus[] = ["error", "warning", "failed", "pending", "clean"];

/** The marks of a run, at most so many. */
export function marksOf(timeline: readonly SnapshotInfo[], most: number): Mark[] {
  const places = new Map<number, Mark>();
  for (const snapshot of timeline) {
    const place = Math.round(placeOf(timeline, snapshot.step) * (most - 1));
    const mark = { snapshot, verdict: statusOf(snapshot), starred: snapshot.pinned };
    const there = places.get(place);
    const starred = mark.starred || there?.starred === true;
    places.set(place, { ...(there && !worse(mark, there) ? there : mark), starred });
  }
  return [...places.values()];
}

function worse(a: Mark, b: Mark): boolean {
  return SERIOUS.indexOf(a.verdict) < SERIOUS.indexOf(b.verdict);
}

/** Spread arguments overflow the stack for very long runs. */
function least(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

function greatest(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}

/** Paths are long: no more digits than a screen shows. */
function short(share: number): string {
  return String(Number(share.toFixed(4)));
}
