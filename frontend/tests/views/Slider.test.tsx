// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { Slider } from "../../src/views/config/Slider";

afterEach(cleanup);

function mount() {
  const [onMove, onRelease] = [vi.fn(), vi.fn()];
  render(<Slider name="gamma" position={500} start={250} text="0.99" onMove={onMove} onRelease={onRelease} />);
  return { thumb: screen.getByRole<HTMLInputElement>("slider", { name: "gamma" }), onMove, onRelease };
}

it("moves under the pointer and rests when it is let go", () => {
  const { thumb, onMove, onRelease } = mount();
  fireEvent.pointerDown(thumb);
  fireEvent.change(thumb, { target: { value: "600" } });
  fireEvent.change(thumb, { target: { value: "620" } });
  expect(onMove.mock.calls).toEqual([[600], [620]]);
  expect(onRelease).not.toHaveBeenCalled();
  fireEvent.pointerUp(thumb);
  expect(onRelease).toHaveBeenCalledTimes(1);
});

it("rests after each key", () => {
  const { thumb, onMove, onRelease } = mount();
  fireEvent.change(thumb, { target: { value: "501" } });
  expect(onMove).toHaveBeenCalledWith(501);
  expect(onRelease).toHaveBeenCalledTimes(1);
});

it("says its value in words, and fills the line from the default to the thumb", () => {
  const { thumb } = mount();
  expect(thumb.getAttribute("aria-valuetext")).toBe("0.99");
  expect(thumb.style.getPropertyValue("--low")).toBe("0.25");
  expect(thumb.style.getPropertyValue("--high")).toBe("0.5");
});
