import { queryOptions, useQuery } from "@tanstack/react-query";
import { problemOf } from "../lib/problem";
import type { BatchInfo } from "../lib/types";
import { canRunAnyLoss } from "../lib/view";
import { seriesKey } from "./evaluations";
import { usePage, useSettled } from "./page";
import { examineBatch, listRules, uncheckedConfigs } from "./server";

/** What the doctor looks for; the same for as long as the server runs. */
export const rulesQuery = queryOptions({
  queryKey: ["rules"],
  queryFn: async ({ signal }) => (await listRules({ signal })).rules,
  staleTime: Number.POSITIVE_INFINITY,
});

/** What the doctor finds under the configs on screen; while a slider moves, what it found before. */
export function useDoctor(shown: BatchInfo) {
  const { settled, before } = useSettled();
  const { batch, configs, series } = settled
    ? { batch: settled.request.batch, configs: settled.request.body.configs, series: seriesKey(settled.request) }
    : ofData(shown);
  // Not the version of the evaluation: the doctor also examines a function that fails, which has none.
  const version = usePage(({ lossVersion }) => lossVersion);
  const query = useQuery({
    queryKey: ["doctor", series, batch, configs, version],
    queryFn: ({ signal }) => examineBatch({ path: { batch_id: batch }, body: uncheckedConfigs({ configs }), signal }),
    enabled: settled !== null || !canRunAnyLoss(shown),
    placeholderData: (old, last) => (last?.queryKey[1] === series ? old : undefined),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    retry: false,
  });
  return {
    report: query.data ?? null,
    /** Whether it is that of other configs. */
    before: before || query.isPlaceholderData,
    problem: query.error && problemOf(query.error),
  };
}

/** Where no loss runs the data alone are examined: a rule that needs an output says so. */
function ofData({ id, losses }: BatchInfo) {
  return { batch: id, series: id, configs: Object.fromEntries(losses.map(({ name }) => [name, {}])) };
}

/** The doctor's word on what is on screen. */
export type Diagnosis = ReturnType<typeof useDoctor>;
