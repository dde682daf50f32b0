import { useQuery } from "@tanstack/react-query";
import { fetchFacts, fetchOverview } from "../lib/api";
import { problemOf } from "../lib/problem";
import { useDragging } from "./dragging";
import type { Answer } from "./use_evaluation";

/** Nothing that is asked here changes: a batch is named by its content. */
const KEPT = { staleTime: Number.POSITIVE_INFINITY, gcTime: 60_000, retry: false } as const;

/** The gradients of what is on screen and what to look at first; while a slider moves, those of before. */
export function useOverview(answer: Answer | null) {
  const dragging = useDragging();
  const batch = answer?.question.batch ?? "";
  const configs = answer?.question.body.configs;
  const query = useQuery({
    ...KEPT,
    queryKey: ["overview", batch, configs],
    queryFn: ({ signal }) => fetchOverview(batch, { configs: configs ?? {} }, signal),
    enabled: answer !== null && !dragging,
    placeholderData: (before) => (before?.batch_id === batch ? before : undefined),
  });
  return {
    overview: query.data ?? null,
    /** Whether it is that of other configs. */
    before: query.isPlaceholderData,
    problem: query.error && problemOf(query.error),
  };
}

/** What no config changes. */
export function useFacts(batch: string) {
  return useQuery({ ...KEPT, queryKey: ["facts", batch], queryFn: ({ signal }) => fetchFacts(batch, signal) });
}
