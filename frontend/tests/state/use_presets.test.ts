// @vitest-environment happy-dom
import { act, cleanup, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it } from "vitest";
import { usePresets } from "../../src/state/use_presets";

const KEY = "mouse-presets";
const stored = () => JSON.parse(localStorage.getItem(KEY) ?? "{}");
const preset = (name: string) => ({ name, config: { gamma: 0.5 } });

beforeEach(() => localStorage.clear());
afterEach(cleanup);

/** What a browser does here when another tab stores something. */
function storeElsewhere(all: object): void {
  const newValue = JSON.stringify(all);
  localStorage.setItem(KEY, newValue);
  act(() => void window.dispatchEvent(new StorageEvent("storage", { key: KEY, newValue, storageArea: localStorage })));
}

it("reads what an earlier visit stored, and leaves out what is no preset", () => {
  localStorage.setItem(KEY, JSON.stringify({ dqn: [preset("mine"), { name: "" }] }));
  expect(renderHook(() => usePresets("dqn")).result.current.saved).toEqual([preset("mine")]);
});

it("leaves alone what it does not understand until a preset is saved", () => {
  localStorage.setItem(KEY, "{broken");
  const { result } = renderHook(() => usePresets("dqn"));
  expect(localStorage.getItem(KEY)).toBe("{broken");
  act(() => result.current.save(preset("mine")));
  expect(stored()).toEqual({ dqn: [preset("mine")] });
});

it("adds to what another tab saved meanwhile", () => {
  const { result } = renderHook(() => usePresets("dqn"));
  storeElsewhere({ dqn: [preset("other")], sv: [preset("theirs")] });
  act(() => result.current.save(preset("mine")));
  expect(stored()).toEqual({ dqn: [preset("mine"), preset("other")], sv: [preset("theirs")] });
  act(() => result.current.rename("mine", "ours"));
  act(() => result.current.remove("other"));
  expect(result.current.saved).toEqual([preset("ours")]);
});
