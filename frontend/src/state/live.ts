import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { listAfter, runAfter } from "../lib/runs";
import type { RunsEvent } from "../lib/types";
import { EVENTS_URL } from "./addresses";
import { runQuery, runsQuery } from "./run_queries";

/** Whether news of runs arrive. */
export type Connection = "connecting" | "open" | "lost";

/** A browser does not come back by itself to a server that answered with an error: this long after, in ms. */
const PAUSE = 3000;

let connection: Connection = "connecting";
const listeners = new Set<() => void>();

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, () => connection);
}

/** Keeps the list of runs and every run in memory as they are on the server, while the page is looked at. */
export function useLive(): void {
  const client = useQueryClient();
  useEffect(() => {
    let stop = listen(client);
    // A browser has six connections per server for all its pages: one that nobody looks at takes none.
    const look = () => {
      stop();
      if (!document.hidden) stop = listen(client);
    };
    document.addEventListener("visibilitychange", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      stop();
    };
  }, [client]);
}

function listen(client: QueryClient): () => void {
  const source = new EventSource(EVENTS_URL);
  let stop = () => source.close();
  source.onmessage = ({ data }) => {
    say("open");
    apply(client, JSON.parse(String(data)) as RunsEvent);
  };
  source.onerror = () => {
    say("lost");
    if (source.readyState !== EventSource.CLOSED) return;
    const timer = setTimeout(() => {
      stop = listen(client);
    }, PAUSE);
    stop = () => clearTimeout(timer);
  };
  return () => stop();
}

/** What is read right now may be older than the news: then it is read again. */
function apply(client: QueryClient, event: RunsEvent): void {
  if (event.event === "reload") {
    void client.invalidateQueries({ queryKey: ["runs"] });
    void client.invalidateQueries({ queryKey: ["run"] });
    return;
  }
  const [list, run] = [runsQuery.queryKey, runQuery(event.run.id).queryKey];
  for (const queryKey of [list, run]) {
    if (client.isFetching({ queryKey, exact: true }) > 0) void client.invalidateQueries({ queryKey, exact: true });
  }
  client.setQueryData(list, (now) => now && listAfter(now, event));
  client.setQueryData(run, (now) => (now && runAfter(now, event)) ?? undefined);
}

function say(now: Connection): void {
  if (connection === now) return;
  connection = now;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
