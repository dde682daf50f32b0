// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LinkStore } from "../../src/state/link_store";

beforeEach(() => {
  vi.useFakeTimers();
  window.history.replaceState(null, "", "/?loss=dqn");
});
afterEach(() => void vi.useRealTimers());

const gamma = (value: number) => ({ configs: { dqn: { gamma: value } } });

describe("LinkStore", () => {
  it("starts with what the address says", () => {
    expect(new LinkStore(window).get().loss).toBe("dqn");
  });

  it("tells its listeners, and only of changes", () => {
    const store = new LinkStore(window);
    const listener = vi.fn();
    const unsubscribe = store.subscribe(listener);
    store.update({ term: "loss" });
    store.update({ term: "loss" });
    unsubscribe();
    store.update({ term: "q" });
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it("writes a push at once and a drag at a calm pace, ending on its last value", () => {
    const store = new LinkStore(window);
    const push = vi.spyOn(window.history, "pushState");
    const replace = vi.spyOn(window.history, "replaceState");
    store.update(gamma(0.9), "push");
    for (let step = 1; step <= 50; step += 1) {
      store.update(gamma(0.9 - step / 100), "replace");
      vi.advanceTimersByTime(16);
    }
    vi.runAllTimers();
    expect(push).toHaveBeenCalledTimes(1);
    expect(replace.mock.calls.length).toBeLessThan(8);
    expect(window.location.search).toBe("?loss=dqn&dqn.gamma=0.4");
  });

  it("writes what a drag left before it pushes the next step", () => {
    const store = new LinkStore(window);
    const replace = vi.spyOn(window.history, "replaceState");
    store.update(gamma(0.5), "replace");
    store.update({ loss: "sp" }, "push");
    expect(replace.mock.lastCall?.[2]).toContain("dqn.gamma=0.5");
    expect(window.location.search).toBe("?loss=sp&dqn.gamma=0.5");
  });

  it("follows the back button, forgetting what was not yet written", () => {
    const store = new LinkStore(window);
    store.update(gamma(0.5), "replace");
    window.history.replaceState(null, "", "/?loss=sv");
    window.dispatchEvent(new PopStateEvent("popstate"));
    vi.runAllTimers();
    expect(store.get().loss).toBe("sv");
    expect(window.location.search).toBe("?loss=sv");
  });

  it("hands out an address that is ahead of a pending write", () => {
    const store = new LinkStore(window);
    store.update(gamma(0.25), "replace");
    expect(store.href()).toContain("/?loss=dqn&dqn.gamma=0.25");
  });

  it("takes back the last change of a config, and keeps what is none", () => {
    const store = new LinkStore(window);
    const go = vi.spyOn(window.history, "go").mockImplementation(() => {});
    store.update(gamma(0.5));
    store.update({ term: "q" });
    store.undo();
    store.undo(); // while the browser is on its way
    expect(go.mock.calls).toEqual([[-2]]);
    window.history.replaceState({ at: 0 }, "", "/?loss=dqn");
    window.dispatchEvent(new PopStateEvent("popstate"));
    expect(store.get()).toMatchObject({ configs: {}, term: "q" });
    expect(window.location.search).toBe("?loss=dqn&term=q");
    expect([store.canUndo(), store.canRedo()]).toEqual([false, true]);
  });
});
