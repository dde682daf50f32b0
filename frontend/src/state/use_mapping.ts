import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { dropUnusedOptions } from "../lib/mapping";
import { problemOf } from "../lib/problem";
import type { Mapping } from "../lib/types";
import { openBatch } from "./actions/navigation";
import { deleteImport, mapImport, previewImport, showMappingForm } from "./server";
import type { Waiting } from "./use_upload";

/** What a mapping consists of; the same for as long as the server runs. */
export function useMappingForm() {
  return useQuery({
    queryKey: ["mapping-form"],
    queryFn: ({ signal }) => showMappingForm({ signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** What each answer to the question of alignment makes of a file; nothing while it is not asked. */
export function useAlignmentPreviews({ file: waiting }: Waiting, mapping: Mapping, asked: boolean) {
  const preview = (alignment: "state" | "next_state") => {
    const answered = dropUnusedOptions({ ...mapping, alignment, alignments: {} });
    return {
      queryKey: ["mapping", waiting.id, answered],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        previewImport({ path: { import_id: waiting.id }, body: { mapping: answered }, signal }),
      enabled: asked,
      retry: false,
    };
  };
  const state = useQuery(preview("state"));
  const nextState = useQuery(preview("next_state"));
  return { state: state.data ?? null, next_state: nextState.data ?? null };
}

/** The mapping of a file as it stands in the form, what it makes of the file, and the two ways out. */
export function useMapping({ file: waiting, again }: Waiting, onClose: () => void) {
  const client = useQueryClient();
  const path = { import_id: waiting.id };
  const [mapping, setMapping] = useState<Mapping>(waiting.mapping);
  const preview = useQuery({
    queryKey: ["mapping", waiting.id, mapping],
    queryFn: ({ signal }) => previewImport({ path, body: { mapping }, signal }),
    placeholderData: keepPreviousData,
    retry: false,
  });
  const open = useMutation({
    mutationFn: () => mapImport({ path, body: { mapping } }),
    onSuccess: async (batch) => {
      client.setQueryData(["batch", batch.id], batch);
      openBatch(batch.id);
      onClose();
      await client.invalidateQueries({ queryKey: ["batches"] });
    },
  });
  const cancel = () => {
    if (!again) void deleteImport({ path }).catch(() => undefined); // it is dropped in time anyway
    onClose();
  };
  const thrown = open.error ?? preview.error;
  return {
    mapping,
    set: (change: Mapping) => {
      open.reset();
      setMapping(dropUnusedOptions(change));
    },
    preview: preview.data ?? null,
    stale: preview.isPlaceholderData || preview.isError,
    problem: thrown ? problemOf(thrown) : null,
    opening: open.isPending,
    open: () => open.mutate(),
    cancel,
  };
}
