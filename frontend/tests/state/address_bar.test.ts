// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fromQuery } from "../../src/lib/link";
import { AddressBar } from "../../src/state/address_bar";
import { createPageStore } from "../../src/state/store";

beforeEach(() => {
  vi.useFakeTimers();
  window.history.replaceState(null, "", "/?loss=dqn");
});
afterEach(() => void vi.useRealTimers());

function open() {
  const store = createPageStore(fromQuery(window.location.search));
  return { store, bar: new AddressBar(window, store), link: () => store.getState().link };
}

const gamma = (value: number) => ({ configs: { dqn: { gamma: value } } });

describe("AddressBar", () => {
  it("starts with what the address says", () => {
    expect(open().link().loss).toBe("dqn");
  });

  it("tells its listeners, and only of changes", () => {
    const { store, bar } = open();
    const listener = vi.fn();
    const unsubscribe = store.subscribe(listener);
    bar.change({ term: "loss" });
    bar.change({ term: "loss" });
    unsubscribe();
    bar.change({ term: "q" });
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it("writes a push at once and a drag at a calm pace, ending on its last value", () => {
    const { bar } = open();
    const push = vi.spyOn(window.history, "pushState");
    const replace = vi.spyOn(window.history, "replaceState");
    bar.change(gamma(0.9), "push");
    for (let step = 1; step <= 50; step += 1) {
      bar.change(gamma(0.9 - step / 100), "replace");
      vi.advanceTimersByTime(16);
    }
    vi.runAllTimers();
    expect(push).toHaveBeenCalledTimes(1);
    expect(replace.mock.calls.length).toBeLessThan(8);
    expect(window.location.search).toBe("?loss=dqn&dqn.gamma=0.4");
  });

  it("writes what a drag left before it pushes the next step", () => {
    const { bar } = open();
    const replace = vi.spyOn(window.history, "replaceState");
    bar.change(gamma(0.5), "replace");
    bar.change({ loss: "sp" }, "push");
    expect(replace.mock.lastCall?.[2]).toContain("dqn.gamma=0.5");
    expect(window.location.search).toBe("?loss=sp&dqn.gamma=0.5");
  });

  it("follows the back button, forgetting what was not yet written", () => {
    const { bar, link } = open();
    bar.change(gamma(0.5), "replace");
    window.history.replaceState(null, "", "/?loss=sv");
    window.dispatchEvent(new PopStateEvent("popstate"));
    vi.runAllTimers();
    expect(link().loss).toBe("sv");
    expect(window.location.search).toBe("?loss=sv");
  });

  it("hands out an address that is ahead of a pending write", () => {
    const { bar } = open();
    bar.change(gamma(0.25), "replace");
    expect(bar.href()).toContain("/?loss=dqn&dqn.gamma=0.25");
  });

  it("takes back the last change of a config, and keeps what is none", () => {
    const { store, bar, link } = open();
    const go = vi.spyOn(window.history, "go").mockImplementation(() => {});
    bar.change(gamma(0.5));
    bar.change({ term: "q" });
    bar.undo();
    bar.undo(); // while the browser is on its way
    expect(go.mock.calls).toEqual([[-2]]);
    window.history.replaceState({ at: 0 }, "", "/?loss=dqn");
    window.dispatchEvent(new PopStateEvent("popstate"));
    expect(link()).toMatchObject({ configs: {}, term: "q" });
    expect(window.location.search).toBe("?loss=dqn&term=q");
    expect([store.getState().canUndo, store.getState().canRedo]).toEqual([false, true]);
  });
});
