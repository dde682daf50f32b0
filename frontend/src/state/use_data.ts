import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type FieldView, fieldRequest } from "../lib/field_view";
import { usePage } from "./page";
import { readBatch, showField, showStep } from "./server";

/** Nothing that is asked here changes: a batch is named by its content. */
const KEPT = { staleTime: Number.POSITIVE_INFINITY, gcTime: 60_000, retry: false } as const;

/** Episodes, and where the first bad entries are; of another batch, while those of this one are on their way. */
export function useBatchData(batch: string) {
  return useQuery({
    ...KEPT,
    queryKey: ["data", batch],
    queryFn: ({ signal }) => readBatch({ path: { batch_id: batch }, signal }),
    placeholderData: keepPreviousData,
  });
}

/** The figures of the field in view. */
export function useField(view: FieldView) {
  const body = fieldRequest(
    usePage(({ link }) => link),
    view,
  );
  return useQuery({
    ...KEPT,
    queryKey: ["field", view.batch.id, body],
    queryFn: ({ signal }) => showField({ path: { batch_id: view.batch.id }, body, signal }),
    placeholderData: keepPreviousData,
  });
}

/** Every field at one step. */
export function useStep(batch: string, place: readonly [row: number, step: number] | null) {
  return useQuery({
    ...KEPT,
    queryKey: ["step", batch, place],
    queryFn: ({ signal }) => {
      if (!place) throw new Error("asked for a step without a selection");
      return showStep({ path: { batch_id: batch }, query: { row: place[0], step: place[1] }, signal });
    },
    enabled: place !== null,
    placeholderData: keepPreviousData,
  });
}
