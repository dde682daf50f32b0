import { queryOptions, useQuery } from "@tanstack/react-query";
import { fetchDoctor, fetchRules } from "../lib/api";
import { problemOf } from "../lib/problem";
import { kin } from "./evaluation_store";
import { useRested } from "./use_evaluation";

/** What the doctor looks for; the same for as long as the server runs. */
export const rulesQuery = queryOptions({
  queryKey: ["rules"],
  queryFn: ({ signal }) => fetchRules(signal),
  staleTime: Number.POSITIVE_INFINITY,
});

/** What the doctor finds under the configs on screen; while a slider moves, what it found before. */
export function useDoctor() {
  const { rested, before } = useRested();
  const batch = rested?.question.batch ?? "";
  const configs = rested?.question.body.configs;
  const series = rested && kin(rested.question);
  const query = useQuery({
    queryKey: ["doctor", series, batch, configs],
    queryFn: ({ signal }) => fetchDoctor(batch, { configs: configs ?? {} }, signal),
    enabled: rested !== null,
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

/** The doctor's word on what is on screen. */
export type Diagnosis = ReturnType<typeof useDoctor>;
