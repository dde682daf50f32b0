import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { fetchTransition } from "../lib/api";
import { exactly, type Picked, pickedFrom, sameArea } from "../lib/selection";
import type { Transition, TransitionRequest } from "../lib/types";
import { transitionRequest, type View } from "../lib/view";
import { useEvaluation } from "./use_evaluation";
import { linkStore, useLink } from "./use_link";

/** The selected transition, under the configs of the figures on screen, so that both always agree. */
export function useTransition(view: View) {
  const selected = useLink((link) => link.selected);
  const component = useLink((link) => link.component);
  const drawn = useEvaluation((now) => now.drawn);
  const body = drawn && transitionRequest({ selected, component }, view, drawn.question.body);
  const batch = drawn?.question.batch ?? "";
  const query = useQuery<Transition>({
    queryKey: transitionKey(batch, body),
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
  const picked = usePicked(body, query.isPlaceholderData ? null : ours);
  return {
    transition: body ? ours : null,
    picked: picked && sameArea(picked.at, selected) ? picked : null,
    problem: query.error,
    busy: body !== null && query.isFetching,
  };
}

function transitionKey(batch: string, body: TransitionRequest | null) {
  return ["transition", batch, body];
}

/** Of a cell of several transitions the server picks one; from then on the link holds exactly that one. */
function usePicked(body: TransitionRequest | null, transition: Transition | null): Picked | null {
  const client = useQueryClient();
  const selected = useLink(({ selected }) => selected);
  const [picked, setPicked] = useState<Picked | null>(null);
  useEffect(() => {
    if (!body || !transition || linkStore.get().selected !== selected) return;
    const at = exactly(transition);
    if (sameArea(at, selected)) return;
    const { rows, steps } = at;
    const exact: TransitionRequest = { ...body, rows: [...rows], steps: [...steps] };
    client.setQueryData(transitionKey(transition.batch_id, exact), transition);
    setPicked(pickedFrom(body, transition));
    linkStore.update({ selected: at }, "replace");
  }, [client, body, transition, selected]);
  return picked;
}
