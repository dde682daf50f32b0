import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { nameNewestBatch } from "./actions/navigation";
import { useLink } from "./page";
import { batchesQuery, batchQuery } from "./queries";

/** All batches and the one on screen: the one the link names, else the newest; none of itself on a scan. */
export function useBatches() {
  const id = useLink(({ batch }) => batch);
  const scan = useLink((link) => link.scan);
  const list = useQuery(batchesQuery);
  const batch = useQuery(batchQuery(id));
  const newest = list.data?.[0]?.id;
  useEffect(() => {
    if (id === null && scan === null && newest && !list.isFetching) nameNewestBatch(newest);
  }, [id, scan, newest, list.isFetching]);
  return { id, list, batch };
}
