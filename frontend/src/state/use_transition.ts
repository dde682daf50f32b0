import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { type Picked, pickedTransition, sameArea, selectionOf } from "../lib/selection";
import type { Transition, TransitionRequest } from "../lib/types";
import { transitionRequest, type View } from "../lib/view";
import { narrowSelection } from "./actions/selection";
import { seriesKey } from "./evaluations";
import { currentLink, useEvaluation, useLink } from "./page";
import { transition as readTransition, uncheckedConfigs } from "./server";

/** The selected transition, under the configs of the figures on screen, so that both always agree. */
export function useTransition(view: View) {
  const selected = useLink((link) => link.selected);
  const component = useLink((link) => link.component);
  const painted = useEvaluation((now) => now.painted);
  const body = painted && transitionRequest({ selected, component }, view, painted.request.body);
  const batch = painted?.request.batch ?? "";
  const series = painted && seriesKey(painted.request);
  const version = painted?.lossVersion ?? 0;
  const query = useQuery<Transition>({
    queryKey: transitionKey(series, batch, body, version),
    queryFn: ({ signal }) => {
      if (!body) throw new Error("asked for a transition without a selection");
      return readTransition({ path: { batch_id: batch }, body: uncheckedConfigs(body), signal });
    },
    enabled: body !== null,
    placeholderData: (old, last) => (last?.queryKey[1] === series ? old : undefined),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 30_000,
    retry: false,
  });
  const ours = query.data && query.data.loss === body?.loss ? query.data : null;
  const picked = usePicked(series, version, body, query.isPlaceholderData ? null : ours);
  return {
    transition: body ? ours : null,
    /** Whether it is that of another snapshot of the run. */
    before: ours !== null && ours.batch_id !== view.batch.id,
    picked: picked && sameArea(picked.at, selected) ? picked : null,
    problem: query.error,
    busy: body !== null && query.isFetching,
  };
}

function transitionKey(series: string | null, batch: string, body: TransitionRequest | null, version: number) {
  return ["transition", series, batch, body, version];
}

/** Of a cell of several transitions the server picks one; from then on the link holds exactly that one. */
function usePicked(
  series: string | null,
  version: number,
  body: TransitionRequest | null,
  transition: Transition | null,
): Picked | null {
  const client = useQueryClient();
  const selected = useLink(({ selected }) => selected);
  const [picked, setPicked] = useState<Picked | null>(null);
  useEffect(() => {
    if (!body || !transition || currentLink().selected !== selected) return;
    const at = selectionOf(transition);
    if (sameArea(at, selected)) return;
    const { rows, steps } = at;
    const exact: TransitionRequest = { ...body, rows: [...rows], steps: [...steps] };
    client.setQueryData(transitionKey(series, transition.batch_id, exact, version), transition);
    setPicked(pickedTransition(body, transition));
    narrowSelection(at);
  }, [client, series, version, body, transition, selected]);
  return picked;
}
