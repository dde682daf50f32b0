// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useDraft } from "../../src/state/use_draft";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function mount() {
  const committed = vi.fn();
  return { committed, ...renderHook(() => useDraft(0.99, committed)) };
}

it("shows the exact value until someone types", () => {
  const { result } = mount();
  expect(result.current.text).toBe("0.99");
});

it("commits what was typed on Enter or on leaving, once", () => {
  const { result, committed } = mount();
  act(() => result.current.type("2"));
  expect(result.current.text).toBe("2");
  act(() => result.current.commit());
  act(() => result.current.commit());
  vi.runAllTimers();
  expect(committed.mock.calls).toEqual([[2]]);
});

it("tries what was typed after a pause, and keeps the text as it is", () => {
  const { result, committed } = mount();
  act(() => result.current.type("0."));
  act(() => void vi.advanceTimersByTime(600));
  expect(committed).toHaveBeenCalledWith(0);
  expect(result.current.text).toBe("0.");
});

it("discards on Escape", () => {
  const { result, committed } = mount();
  act(() => result.current.type("7"));
  act(() => result.current.discard());
  vi.runAllTimers();
  expect(committed).not.toHaveBeenCalled();
  expect(result.current.text).toBe("0.99");
});
