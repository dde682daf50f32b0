import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { fetchTransition } from "../lib/api";
import type { Transition } from "../lib/types";
import { transitionRequest, type View } from "../lib/view";
import type { Answer } from "./use_evaluation";
import { useLink } from "./use_link";

/** The selected transition, under the configs of the figures on screen, so that both always agree. */
export function useTransition(view: View | null, answer: Answer | null) {
  const link = useLink();
  const body = view && answer && transitionRequest(link, view, answer.question.body);
  const batch = answer?.question.batch ?? "";
  const query = useQuery<Transition>({
    queryKey: ["transition", batch, body],
    queryFn: ({ signal }) => {
      if (!body) throw new Error("asked for a transition without a selection");
      return fetchTransition(batch, body, signal);
    },
    enabled: body !== null,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 30_000,
    retry: false,
  });
  const ours = query.data?.batch_id === batch && query.data.loss === body?.loss ? query.data : null;
  return {
    transition: body ? ours : null,
    problem: query.error,
    busy: link.selected !== null && (query.isFetching || !ours),
  };
}
