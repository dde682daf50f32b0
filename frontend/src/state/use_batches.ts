import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { batchesQuery, batchQuery } from "./queries";
import { linkStore, useLink } from "./use_link";

/** All batches and the one on screen: the one the link names, else the newest. */
export function useBatches() {
  const id = useLink(({ batch }) => batch);
  const list = useQuery(batchesQuery);
  const batch = useQuery(batchQuery(id));
  const newest = list.data?.[0]?.id;
  useEffect(() => {
    if (id === null && newest && !list.isFetching) linkStore.update({ batch: newest }, "replace");
  }, [id, newest, list.isFetching]);
  return { id, list, batch };
}
