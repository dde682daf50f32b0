import { useDocumentVisibility } from "@mantine/hooks";
import { type QueryClient, type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { applyEventToList, applyEventToRun } from "../lib/runs";
import type { ServerEvent } from "../lib/types";
import { EVENTS_URL } from "./addresses";
import { evaluations, store } from "./page";
import { catalogueQuery } from "./queries";
import { runQuery, runsQuery } from "./run_queries";
import type { Connection } from "./store";

/** A browser does not come back by itself to a server that answered with an error: this long after, in ms. */
const PAUSE = 3000;

/** Keeps the list of runs and every run in memory as they are on the server, while the page is visible. */
export function useLive(): void {
  const client = useQueryClient();
  // A browser has six connections per server for all its pages: a hidden page takes none.
  const visible = useDocumentVisibility() === "visible";
  useEffect(() => (visible ? listen(client) : undefined), [client, visible]);
}

function listen(client: QueryClient): () => void {
  const source = new EventSource(EVENTS_URL);
  let stop = () => source.close();
  source.onmessage = ({ data }) => {
    setConnection("open");
    apply(client, JSON.parse(String(data)) as ServerEvent);
  };
  source.onerror = () => {
    setConnection("lost");
    if (source.readyState !== EventSource.CLOSED) return;
    const timer = setTimeout(() => {
      stop = listen(client);
    }, PAUSE);
    stop = () => clearTimeout(timer);
  };
  return () => stop();
}

/** What is read right now may be older than the news: then it is read again. */
function apply(client: QueryClient, event: ServerEvent): void {
  if (event.event === "losses") {
    void followLosses(client);
    return;
  }
  if (event.event === "reload") {
    void followLosses(client);
    void readAgain(client, ["runs"]);
    void readAgain(client, ["run"]);
    return;
  }
  const [list, run] = [runsQuery.queryKey, runQuery(event.run.id).queryKey];
  for (const queryKey of [list, run]) {
    if (client.isFetching({ queryKey, exact: true }) > 0) void readAgain(client, queryKey);
  }
  client.setQueryData(list, (now) => now && applyEventToList(now, event));
  client.setQueryData(run, (now) => (now && applyEventToRun(now, event)) ?? undefined);
}

/** Invalidating a query joins its first request where that is under way: its reply may be older, so it is awaited. */
async function readAgain(client: QueryClient, queryKey: QueryKey): Promise<void> {
  const fetching = client.getQueryCache().findAll({ queryKey, fetchStatus: "fetching" });
  const first = fetching.filter(({ state }) => state.data === undefined);
  if (first.length > 0) await Promise.allSettled(first.map(({ promise }) => promise));
  await client.invalidateQueries({ queryKey });
}

/** A loss function's file was saved: what it computes is read anew, then everything on screen. */
async function followLosses(client: QueryClient): Promise<void> {
  const hasFunctions = () => client.getQueryData(catalogueQuery.queryKey)?.some(({ file }) => file !== null) ?? false;
  const before = hasFunctions();
  if (before) evaluations.outdate();
  await readAgain(client, catalogueQuery.queryKey);
  if (before || hasFunctions()) evaluations.retry();
}

function setConnection(connection: Connection): void {
  if (store.getState().connection !== connection) store.setState({ connection });
}
