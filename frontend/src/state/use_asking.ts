import { useEffect } from "react";
import type { Link } from "../lib/link";
import { batchTabOf } from "../lib/tabs";
import type { BatchInfo, LossInfo } from "../lib/types";
import { evaluateRequest, runsAny, viewOf } from "../lib/view";
import { isDragging, whenDropped } from "./dragging";
import type { Question } from "./evaluation_store";
import { isInView } from "./in_view";
import { evaluations } from "./use_evaluation";
import { linkStore } from "./use_link";
import { placeOfBatch } from "./use_snapshot";

/** Keeps what the link shows of a batch evaluated: asks the moment the link changes, before anything is drawn anew. */
export function useAsking(batch: BatchInfo, catalogue: readonly LossInfo[]): void {
  useEffect(() => {
    const ask = () => {
      const link = linkStore.get();
      if (link.batch === null || link.batch === batch.id) evaluations.ask(questionOf(link, batch, catalogue));
    };
    ask();
    const stops = [linkStore.subscribe(ask), whenDropped(ask)];
    return () => {
      for (const stop of stops) stop();
    };
  }, [batch, catalogue]);
  useEffect(() => () => evaluations.ask(null), []);
}

/** What is on screen as one question, none where no loss runs; while a slider moves, only what is in sight. */
function questionOf(link: Link, batch: BatchInfo, catalogue: readonly LossInfo[]): Question | null {
  const view = viewOf(link, batch, catalogue);
  if (!view || !runsAny(batch)) return null;
  const brief = isDragging();
  const asked = evaluateRequest(link, view);
  const figures = asked.figures?.filter(({ kind }) => batchTabOf(link) === null && (!brief || isInView(kind)));
  return { batch: batch.id, run: placeOfBatch(link, batch)?.run ?? null, body: { ...asked, brief, figures } };
}
