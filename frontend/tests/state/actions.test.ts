// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { NumberControl } from "../../src/lib/controls";
import { HOME } from "../../src/lib/link";
import type { Lead } from "../../src/lib/types";
import { pinAndSet, pinCurrent, setSide, showWholeBatch, unpin } from "../../src/state/actions/comparison";
import {
  applyPreset,
  dragConfigField,
  redo,
  releaseSlider,
  resetConfig,
  setConfigField,
  undo,
} from "../../src/state/actions/configs";
import { resetZoomByDoubleClick, selectTerm, showEntry, toggleColours, zoomBy } from "../../src/state/actions/map";
import { openBatch, openLead, selectTab, switchSnapshot } from "../../src/state/actions/navigation";
import { clearSlice, deselect, selectCell, selectSlice, selectTransition } from "../../src/state/actions/selection";
import { addressBar, currentLink, store } from "../../src/state/page";

const slider = { low: 0, high: 1, scale: "linear" } as const;
const gamma: NumberControl = {
  kind: "number",
  name: "gamma",
  doc: "",
  default: 0.99,
  integer: false,
  bounds: "",
  slider,
};
const area = { rows: [0, 2], steps: [0, 4] } as const;

beforeEach(() => {
  addressBar.change({ ...HOME, batch: "b" });
  store.setState({ ...store.getInitialState(), link: currentLink() });
});

/** How many steps the back button would have to go. */
function stepsMade(act: () => void): number {
  const push = vi.spyOn(window.history, "pushState");
  act();
  const made = push.mock.calls.length;
  push.mockRestore();
  return made;
}

describe("configs", () => {
  it("makes one step of a whole drag, and ends it once", () => {
    const drag = () => {
      for (const value of [0.99, 0.9, 0.8, 0.7]) dragConfigField("dqn", gamma, value);
    };
    expect(stepsMade(drag)).toBe(1);
    expect(store.getState().dragging).toBe(true);
    expect(currentLink().configs).toEqual({ dqn: { gamma: 0.7 } });
    const listener = vi.fn();
    const stop = store.subscribe(listener);
    releaseSlider();
    releaseSlider();
    stop();
    expect(listener).toHaveBeenCalledTimes(1);
    expect(store.getState().dragging).toBe(false);
  });

  it("begins no step when the thumb is pressed where it stands", () => {
    expect(stepsMade(() => dragConfigField("dqn", gamma, 0.99))).toBe(0);
    expect(store.getState().dragging).toBe(false);
  });

  it("resets one loss, and applies a preset over whatever was set", () => {
    setConfigField("dqn", gamma, 0.5);
    setConfigField("sv", gamma, 0.4);
    applyPreset("dqn", [gamma], { gamma: 0.99, cql_weight: 1 });
    expect(currentLink().configs).toEqual({ dqn: { cql_weight: 1 }, sv: { gamma: 0.4 } });
    resetConfig("dqn");
    expect(currentLink().configs).toEqual({ sv: { gamma: 0.4 } });
  });

  it("undoes and redoes over changes made by any action", () => {
    const go = vi.spyOn(window.history, "go").mockImplementation(() => {});
    setConfigField("dqn", gamma, 0.5);
    selectTerm("q");
    expect(store.getState()).toMatchObject({ canUndo: true, canRedo: false });
    const at = window.history.state.at as number;
    undo();
    expect(go).toHaveBeenLastCalledWith(-2);
    window.history.replaceState({ at: at - 2 }, "", "/?batch=b");
    window.dispatchEvent(new PopStateEvent("popstate"));
    expect(currentLink()).toMatchObject({ configs: {}, term: "q" });
    expect(store.getState()).toMatchObject({ canRedo: true });
    redo();
    expect(go.mock.lastCall?.[0]).toBeGreaterThan(0);
    window.history.replaceState({ at }, "", "/?batch=b&dqn.gamma=0.5");
    window.dispatchEvent(new PopStateEvent("popstate"));
    expect(currentLink()).toMatchObject({ configs: { dqn: { gamma: 0.5 } }, term: "q" });
    go.mockRestore();
  });
});

describe("comparison", () => {
  it("pins the live state, and goes on with other configs in the same step", () => {
    setConfigField("dqn", gamma, 0.5);
    expect(stepsMade(() => pinAndSet({}))).toBe(1);
    expect(currentLink()).toMatchObject({ pinned: { batch: "b", configs: { dqn: { gamma: 0.5 } } }, configs: {} });
  });

  it("shows live values again once nothing is pinned", () => {
    pinCurrent();
    setSide("difference");
    unpin();
    expect(currentLink()).toMatchObject({ pinned: null, side: "live" });
    pinCurrent();
    selectSlice({ by: "done", value: 1 });
    showWholeBatch();
    expect(currentLink()).toMatchObject({ pinned: null, side: "live", slice: null });
  });

  it("has nothing to pin before a batch is on screen", () => {
    addressBar.change({ batch: null });
    pinCurrent();
    expect(currentLink().pinned).toBeNull();
  });
});

describe("navigation", () => {
  it("returns to the term that a tab showed when it was left", () => {
    addressBar.change({ loss: "dqn", term: "td_error", component: 2 });
    selectTab("dqn", "sv");
    expect(currentLink()).toMatchObject({ loss: "sv", term: null, component: 0 });
    selectTab("sv", "dqn");
    expect(currentLink()).toMatchObject({ loss: "dqn", term: "td_error", component: 2 });
    selectTab("dqn", "overview");
    expect(currentLink().loss).toBeNull();
  });

  it("leaves choices within a batch behind when another is opened, and takes the pinned state along", () => {
    pinCurrent();
    addressBar.change({ zoom: area, selected: area, slice: { by: "done", value: 1 }, term: "q" });
    openBatch("other");
    expect(currentLink()).toMatchObject({ batch: "other", zoom: null, selected: null, slice: null, term: "q" });
    expect(currentLink().pinned?.batch).toBe("b");
  });

  it("keeps everything when it steps through a run, and makes no history of it", () => {
    addressBar.change({ selected: area, zoom: area });
    const snapshot = { run: "0".repeat(32), step: 7 };
    expect(stepsMade(() => switchSnapshot("next", snapshot))).toBe(0);
    expect(currentLink()).toMatchObject({ batch: "next", snapshot, selected: area, zoom: area });
  });

  it("scrolls to the panels when a fact is shown there", () => {
    openLead({ kind: "largest_share", measure: "", text: "", loss: "dqn" } as Lead);
    expect(store.getState().scrollTarget).toBeNull();
    openLead({ kind: "worst_percent", measure: "", text: "", loss: "dqn", panel: "loss" } as Lead);
    expect(store.getState().scrollTarget).toBe("panels");
    expect(currentLink()).toMatchObject({ loss: "dqn", panel: "loss" });
  });
});

describe("map and selection", () => {
  it("scrolls to the transition only when the click selected another one", () => {
    selectCell(area);
    expect(store.getState().scrollTarget).toBe("transition");
    store.setState({ scrollTarget: null });
    selectCell(area);
    expect(store.getState().scrollTarget).toBeNull();
    deselect();
    expect(currentLink().selected).toBeNull();
  });

  it("takes the click of a double click back together with its history step", () => {
    addressBar.change({ zoom: area });
    const before = currentLink();
    selectTransition([1, 1]);
    expect(stepsMade(() => resetZoomByDoubleClick(before))).toBe(0);
    expect(currentLink()).toMatchObject({ zoom: null, selected: null });
  });

  it("shows one entry of a field in the whole map", () => {
    addressBar.change({ zoom: area });
    showEntry("out.dqn", 3, [1, 2]);
    expect(currentLink()).toMatchObject({ term: "out.dqn", component: 3, zoom: null });
    expect(currentLink().selected).toEqual({ rows: [1, 2], steps: [2, 3] });
  });

  it("zooms in, and out to no zoom at all", () => {
    const whole = { rows: [0, 8], steps: [0, 16] } as const;
    zoomBy(0.5, whole);
    expect(currentLink().zoom).not.toBeNull();
    zoomBy(4, whole);
    expect(currentLink().zoom).toBeNull();
    toggleColours();
    expect(currentLink().colours).toBe("symlog");
    selectSlice({ by: "done", value: 1 });
    clearSlice();
    expect(currentLink().slice).toBeNull();
  });
});
