// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider, QueryObserver } from "@tanstack/react-query";
import { act, cleanup, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { RunSummary, RunsEvent } from "../../src/lib/types";
import { useLive } from "../../src/state/live";
import { store, usePage } from "../../src/state/page";
import { runQuery, runsQuery } from "../../src/state/run_queries";
import { runInfo, runSummary, snapshotInfo } from "../catalogue";

class FakeSource {
  static readonly CLOSED = 2;
  static all: FakeSource[] = [];
  readyState = 1;
  onmessage: ((message: { data: string }) => void) | null = null;
  onerror: (() => void) | null = null;

  constructor() {
    FakeSource.all.push(this);
  }

  close(): void {
    this.readyState = FakeSource.CLOSED;
  }

  tell(event: RunsEvent): void {
    act(() => this.onmessage?.({ data: JSON.stringify(event) }));
  }

  fail(state: number): void {
    this.readyState = state;
    act(() => this.onerror?.());
  }
}

const newest = () => FakeSource.all[FakeSource.all.length - 1] as FakeSource;

function mount() {
  const client = new QueryClient();
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  const hook = renderHook(
    () => {
      useLive();
      return usePage(({ connection }) => connection);
    },
    { wrapper },
  );
  return { client, ...hook };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", FakeSource);
  FakeSource.all = [];
  store.setState({ connection: "connecting" });
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it("keeps the list and the run in memory as the server tells", () => {
  const { client } = mount();
  client.setQueryData(runsQuery.queryKey, []);
  client.setQueryData(runQuery("r").queryKey, runInfo({ id: "r", timeline: [] }));
  const run = runSummary({ id: "r", snapshots: 1 });
  newest().tell({ event: "snapshot", what: "stored", run, snapshot: snapshotInfo({ step: 5 }) });
  expect(client.getQueryData(runsQuery.queryKey)).toEqual([run]);
  expect(client.getQueryData(runQuery("r").queryKey)?.timeline.map(({ step }) => step)).toEqual([5]);
});

it("reads everything anew when it may have missed something", () => {
  const { client } = mount();
  client.setQueryData(runsQuery.queryKey, []);
  client.setQueryData(runQuery("r").queryKey, runInfo({ id: "r" }));
  newest().tell({ event: "reload" });
  expect(client.getQueryState(runsQuery.queryKey)?.isInvalidated).toBe(true);
  expect(client.getQueryState(runQuery("r").queryKey)?.isInvalidated).toBe(true);
});

it("reads again what was being read for the first time when the news came", async () => {
  const { client } = mount();
  const replies = [[], [runSummary({ id: "new" })]];
  const queryFn = () =>
    new Promise<readonly RunSummary[]>((resolve) => setTimeout(() => resolve(replies.shift() ?? []), 10));
  const stop = new QueryObserver(client, { ...runsQuery, queryFn }).subscribe(() => undefined);
  newest().tell({ event: "reload" });
  await act(() => vi.advanceTimersByTimeAsync(50));
  expect(client.getQueryData(runsQuery.queryKey)?.map(({ id }) => id)).toEqual(["new"]);
  stop();
});

it("says that it is cut off, and comes back to a server that answered with an error", () => {
  const { result } = mount();
  newest().tell({ event: "reload" });
  expect(result.current).toBe("open");
  newest().fail(0);
  expect(result.current).toBe("lost");
  expect(FakeSource.all).toHaveLength(1); // the browser tries again by itself
  newest().fail(FakeSource.CLOSED);
  act(() => void vi.advanceTimersByTime(60_000));
  expect(FakeSource.all).toHaveLength(2);
  newest().tell({ event: "reload" });
  expect(result.current).toBe("open");
});

it("takes no connection for a page that nobody looks at", () => {
  const { unmount } = mount();
  const hidden = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
  act(() => void document.dispatchEvent(new Event("visibilitychange")));
  expect(FakeSource.all.map(({ readyState }) => readyState)).toEqual([FakeSource.CLOSED]);
  hidden.mockReturnValue("visible");
  act(() => void document.dispatchEvent(new Event("visibilitychange")));
  expect(FakeSource.all.map(({ readyState }) => readyState)).toEqual([FakeSource.CLOSED, 1]);
  unmount();
  expect(newest().readyState).toBe(FakeSource.CLOSED);
});
