import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import type { BatchInfo, Configs } from "../lib/types";
import { openBatch } from "./actions/navigation";
import { currentLink, evaluations } from "./page";
import {
  deleteBatch,
  listBatches,
  listFormats,
  listLosses,
  listLossesOfBatch,
  nameLossField,
  openDemoBatch,
  showBatch,
  uncheckedConfigs,
} from "./server";

/** Which losses there are; the same for as long as the server runs. */
export const catalogueQuery = queryOptions({
  queryKey: ["losses"],
  queryFn: ({ signal }) => listLosses({ signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

/** The losses as they are on a batch: what users' own functions compute there, under configs that may change it. */
export function batchCatalogueQuery(batch: string, configs: Configs) {
  return queryOptions({
    queryKey: [...catalogueQuery.queryKey, batch, configs],
    queryFn: ({ signal }) =>
      listLossesOfBatch({ path: { batch_id: batch }, body: uncheckedConfigs({ configs }), signal }),
    enabled: Object.keys(configs).length > 0,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });
}

/** Which files are read. */
export const formatsQuery = queryOptions({
  queryKey: ["formats"],
  queryFn: async ({ signal }) => (await listFormats({ signal })).formats,
  staleTime: Number.POSITIVE_INFINITY,
});

export const batchesQuery = queryOptions({
  queryKey: ["batches"],
  queryFn: async ({ signal }) => (await listBatches({ signal })).batches,
});

/** One batch; its id is the hash of its content, so nothing of it changes but which field is named as the loss. */
export function batchQuery(id: string | null) {
  return queryOptions({
    queryKey: ["batch", id],
    queryFn: ({ signal }) => showBatch({ path: { batch_id: id ?? "" }, signal }),
    enabled: id !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Brings the demo batch on screen; the first time the server trains a small agent for it. */
export function useDemo() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => openDemoBatch(),
    onSuccess: async (batch) => {
      client.setQueryData(["batch", batch.id], batch);
      openBatch(batch.id);
      await client.invalidateQueries({ queryKey: ["batches"] });
    },
  });
}

/** Names the field of a batch that was recorded as the loss, or none. */
export function useNameLossField({ id }: BatchInfo) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (loss_field: string | null) => nameLossField({ path: { batch_id: id }, body: { loss_field } }),
    onSuccess: async (batch) => {
      client.removeQueries({ queryKey: [...catalogueQuery.queryKey, id] });
      evaluations.request(null);
      client.setQueryData(batchQuery(id).queryKey, batch);
    },
  });
}

/** Deletes a batch; when it is the one on screen, the page goes on to the newest of the others. */
export function useDeleteBatch() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => deleteBatch({ path: { batch_id: id } }),
    onSuccess: async (_, id) => {
      client.setQueryData(batchesQuery.queryKey, (list) => list?.filter((batch) => batch.id !== id));
      if (currentLink().batch === id) openBatch(null);
      await client.invalidateQueries({ queryKey: ["batches"] });
      client.removeQueries({ queryKey: ["batch", id] });
    },
  });
}
