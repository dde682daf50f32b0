import type { Link } from "./link";
import { type Area, clipped } from "./ranges";
import type { BatchInfo, FieldInfo, FieldRequest } from "./types";

/** What of a batch is shown as it is: a field, and of its further dimensions one component. */
export interface FieldView {
  readonly batch: BatchInfo;
  readonly field: FieldInfo;
  readonly index: readonly number[];
}

/** The name that a field has in a link, where a term would stand. */
export function fieldKey({ group, name }: Pick<FieldInfo, "group" | "name">): string {
  return `${group}.${name}`;
}

/** The field that a link names, else the rewards, else the first; null for a batch without fields. */
export function fieldViewOf(link: Link, batch: BatchInfo): FieldView | null {
  const { fields } = batch;
  const field =
    fields.find((each) => fieldKey(each) === link.term) ??
    fields.find(({ group, name }) => group === "step_stream" && name === "reward") ??
    fields[0];
  return field ? { batch, field, index: unraveled(link.component, field.shape.slice(2)) } : null;
}

/** Whether a field can be named as the loss: one real number per step. */
export function canBeLoss({ shape, dtype }: FieldInfo): boolean {
  return shape.length === 2 && !dtype.startsWith("complex");
}

/** All rows and steps: a field has one entry per step, transitions or not. */
export function wholeBatch({ B, S }: BatchInfo): Area {
  return { rows: [0, B], steps: [0, S] };
}

export function fieldRequest(link: Link, { batch, field, index }: FieldView): FieldRequest {
  const zoom = clipped(link.zoom, wholeBatch(batch));
  return {
    group: field.group,
    name: field.name,
    index: [...index],
    pool: link.pool,
    colours: link.colours,
    rows: zoom && [...zoom.rows],
    steps: zoom && [...zoom.steps],
  };
}

/** A flat position as an index in every dimension, the last one fastest; the last entry when it lies beyond. */
export function unraveled(flat: number, shape: readonly number[]): number[] {
  const entries = shape.reduce((product, size) => product * size, 1);
  let rest = Math.min(flat, Math.max(entries - 1, 0));
  const index = new Array<number>(shape.length).fill(0);
  for (let dim = shape.length - 1; dim >= 0; dim -= 1) {
    const size = Math.max(shape[dim] ?? 1, 1);
    index[dim] = rest % size;
    rest = Math.floor(rest / size);
  }
  return index;
}

/** The flat position of an index. */
export function raveled(index: readonly number[], shape: readonly number[]): number {
  return shape.reduce((flat, size, dim) => flat * size + (index[dim] ?? 0), 0);
}

/** Steps around one, `reach` on each side as far as the sequence goes. */
export function surroundingSteps(step: number, steps: number, reach: number): number[] {
  const first = Math.max(0, step - reach);
  const last = Math.min(steps - 1, step + reach);
  return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
}
