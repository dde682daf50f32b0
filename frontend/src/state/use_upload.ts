import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { isAbort, type Problem, problemOf } from "../lib/problem";
import type { BatchInfo, Import } from "../lib/types";
import { openBatch } from "./actions/navigation";
import { currentLink } from "./page";
import { type Progress, sendFile } from "./send_file";
import { showImport } from "./server";

export interface Upload extends Progress {
  readonly name: string;
  readonly size: number;
  /** Null while it goes on. */
  readonly problem: Problem | null;
}

/** A file that waits for a mapping, and the batch on screen when it came: another one puts it aside. */
export interface Waiting {
  readonly file: Import;
  readonly over: string | null;
  /** Whether the batch on screen was made of it, and its mapping is to be changed. */
  readonly again: boolean;
}

/**
 * The upload in progress or the last one that failed; a finished one becomes the batch on screen, known or not.
 *
 * A file that is no batch as it is waits for a mapping.
 */
export function useUpload(onKnown: (batch: BatchInfo) => void, onGone: (problem: Problem) => void) {
  const client = useQueryClient();
  const [upload, setUpload] = useState<Upload | null>(null);
  const [waiting, setWaiting] = useState<Waiting | null>(null);
  const inFlight = useRef<AbortController | null>(null);

  const cancel = useCallback(() => {
    inFlight.current?.abort();
    setUpload(null);
  }, []);

  const start = useCallback(
    async (file: File) => {
      inFlight.current?.abort();
      const controller = new AbortController();
      inFlight.current = controller;
      const fresh = { name: file.name, size: file.size, sent: 0, queued: false, problem: null };
      const show = (change: Partial<Upload>) => !controller.signal.aborted && setUpload({ ...fresh, ...change });
      show({});
      try {
        const answer = await sendFile(file, show, controller.signal);
        setUpload(null);
        if ("waiting" in answer) {
          setWaiting({ file: answer.waiting, over: currentLink().batch, again: false });
          return;
        }
        const { batch, isNew } = answer;
        setWaiting(null);
        client.setQueryData(["batch", batch.id], batch);
        void client.invalidateQueries({ queryKey: ["batches"] });
        openBatch(batch.id);
        if (!isNew) onKnown(batch);
      } catch (thrown) {
        if (!isAbort(thrown)) show({ problem: problemOf(thrown) });
      }
    },
    [client, onKnown],
  );

  const remap = useCallback(
    async ({ id, mapped_from: from }: BatchInfo) => {
      try {
        const file = await showImport({ path: { import_id: from?.import_id ?? "" } });
        setWaiting({ file: { ...file, ...(from && { mapping: from.mapping }), questions: [] }, over: id, again: true });
      } catch (thrown) {
        onGone(problemOf(thrown));
      }
    },
    [onGone],
  );

  const close = useCallback(() => setWaiting(null), []);
  return { upload, start, cancel, waiting, remap, close };
}
