import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef } from "react";
import { catalogueConfigs, lossesOn, withPreviousTerms } from "../lib/own_losses";
import type { BatchInfo, LossInfo } from "../lib/types";
import { useLink } from "./page";
import { batchCatalogueQuery, catalogueQuery } from "./queries";

/** The losses as they are on the batch on screen; without functions of the user's own they are the same on every batch. */
export function useCatalogue(batch: BatchInfo | undefined) {
  const declared = useQuery(catalogueQuery);
  const shaping = useLink(({ configs }) =>
    JSON.stringify(batch && declared.data ? catalogueConfigs(batch, declared.data, configs) : {}),
  );
  const configs = useMemo(() => JSON.parse(shaping), [shaping]);
  const called = useQuery(batchCatalogueQuery(batch?.id ?? "", configs));
  const asked = shaping === "{}" ? declared : called;
  const before = useRef<readonly LossInfo[]>([]);
  const data = useMemo(() => {
    const shown = asked.data && withPreviousTerms(lossesOn(batch, asked.data), before.current);
    before.current = shown ?? before.current;
    return shown;
  }, [asked.data, batch]);
  return { data, error: declared.error ?? asked.error, refetch: asked.refetch };
}
