// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { Slider } from "../../src/views/config/Slider";

afterEach(cleanup);

function mount() {
  const [onMove, onDrop] = [vi.fn(), vi.fn()];
  render(<Slider name="gamma" position={500} start={250} text="0.99" onMove={onMove} onDrop={onDrop} />);
  return { thumb: screen.getByRole<HTMLInputElement>("slider", { name: "gamma" }), onMove, onDrop };
}

it("moves under the pointer and rests when it is let go", () => {
  const { thumb, onMove, onDrop } = mount();
  fireEvent.pointerDown(thumb);
  fireEvent.change(thumb, { target: { value: "600" } });
  fireEvent.change(thumb, { target: { value: "620" } });
  expect(onMove.mock.calls).toEqual([[600], [620]]);
  expect(onDrop).not.toHaveBeenCalled();
  fireEvent.pointerUp(thumb);
  expect(onDrop).toHaveBeenCalledTimes(1);
});

it("rests after each key", () => {
  const { thumb, onMove, onDrop } = mount();
  fireEvent.change(thumb, { target: { value: "501" } });
  expect(onMove).toHaveBeenCalledWith(501);
  expect(onDrop).toHaveBeenCalledTimes(1);
});

it("says its value in words, and fills the line from the default to the thumb", () => {
  const { thumb } = mount();
  expect(thumb.getAttribute("aria-valuetext")).toBe("0.99");
  expect(thumb.style.getPropertyValue("--low")).toBe("0.25");
  expect(thumb.style.getPropertyValue("--high")).toBe("0.5");
});
