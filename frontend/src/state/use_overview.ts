import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { problemOf } from "../lib/problem";
import { seriesKey } from "./evaluations";
import { useSettled } from "./page";
import { showFacts, showOverview, uncheckedConfigs } from "./server";

/** Nothing that is asked here changes: a batch is named by its content. */
const KEPT = { staleTime: Number.POSITIVE_INFINITY, gcTime: 60_000, retry: false } as const;

/** The gradients of what is on screen and what to look at first; while a slider moves, those of before. */
export function useOverview() {
  const { settled, before } = useSettled();
  const batch = settled?.request.batch ?? "";
  const configs = settled?.request.body.configs;
  const series = settled && seriesKey(settled.request);
  const query = useQuery({
    ...KEPT,
    queryKey: ["overview", series, batch, configs, settled?.lossVersion],
    queryFn: ({ signal }) =>
      showOverview({ path: { batch_id: batch }, body: uncheckedConfigs({ configs: configs ?? {} }), signal }),
    enabled: settled !== null,
    placeholderData: (old, last) => (last?.queryKey[1] === series ? old : undefined),
  });
  return {
    overview: query.data ?? null,
    /** Whether it is that of other configs. */
    before: before || query.isPlaceholderData,
    problem: query.error && problemOf(query.error),
  };
}

/** What no config changes; of another batch, while those of this one are on their way. */
export function useFacts(batch: string) {
  return useQuery({
    ...KEPT,
    queryKey: ["facts", batch],
    queryFn: ({ signal }) => showFacts({ path: { batch_id: batch }, signal }),
    placeholderData: keepPreviousData,
  });
}
