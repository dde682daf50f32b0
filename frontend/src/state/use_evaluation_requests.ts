import { useEffect } from "react";
import { batchTabOf } from "../lib/tabs";
import type { BatchInfo, LossInfo } from "../lib/types";
import { canRunAnyLoss, evaluateRequest, viewOf } from "../lib/view";
import type { EvaluationRequest } from "./evaluations";
import { evaluations, store } from "./page";
import type { PageState } from "./store";
import { placeOfBatch } from "./use_snapshot";

/** Keeps what the link shows of a batch evaluated: sends a request the moment the link changes, before any rendering. */
export function useEvaluationRequests(batch: BatchInfo, catalogue: readonly LossInfo[]): void {
  useEffect(() => {
    const send = (state: PageState) => {
      const { link } = state;
      if (link.batch === null || link.batch === batch.id) evaluations.request(requestOf(state, batch, catalogue));
    };
    send(store.getState());
    return store.subscribe((now, before) => {
      const released = before.dragging && !now.dragging;
      if (now.link !== before.link || released) send(now);
    });
  }, [batch, catalogue]);
  useEffect(() => () => evaluations.request(null), []);
}

/** What is on screen as one request, none where no loss runs; while a slider moves, only what is in view. */
function requestOf(
  { link, dragging, figuresInView }: PageState,
  batch: BatchInfo,
  catalogue: readonly LossInfo[],
): EvaluationRequest | null {
  const view = viewOf(link, batch, catalogue);
  if (!view || !canRunAnyLoss(batch)) return null;
  const complete = evaluateRequest(link, view, catalogue);
  const onLossTab = batchTabOf(link) === null;
  const figures = complete.figures?.filter(({ kind }) => onLossTab && (!dragging || figuresInView.includes(kind)));
  return {
    batch: batch.id,
    run: placeOfBatch(link, batch)?.run ?? null,
    body: { ...complete, brief: dragging, figures },
  };
}
