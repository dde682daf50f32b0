// @vitest-environment happy-dom
import { MantineProvider } from "@mantine/core";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { controlsOf } from "../../src/lib/controls";
import type { ConfigValue } from "../../src/lib/types";
import { Field } from "../../src/views/config/Field";

beforeAll(() => {
  window.ResizeObserver ??= class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
});
afterEach(cleanup);

const [control] = controlsOf({
  properties: { gamma: { type: "number", default: 0.99, minimum: 0, maximum: 1, description: "Discount." } },
});
if (!control) throw new Error("no control");

function mount(value: ConfigValue, message: string | null = null) {
  const actions = { set: vi.fn(), drag: vi.fn(), release: vi.fn(), reset: vi.fn() };
  render(
    <MantineProvider env="test">
      <Field control={control as NonNullable<typeof control>} value={value} message={message} actions={actions} />
    </MantineProvider>,
  );
  return actions;
}

const input = () => screen.getByTestId<HTMLInputElement>("field-gamma-input");

it("sends what was typed even when it is out of bounds: judging is the server's", () => {
  const { set } = mount(0.99);
  fireEvent.change(input(), { target: { value: "2" } });
  fireEvent.keyDown(input(), { key: "Enter" });
  expect(set).toHaveBeenCalledWith(control, 2);
});

it("goes back to the default when emptied, and offers a reset only when changed", () => {
  const { set } = mount(0.5);
  fireEvent.change(input(), { target: { value: "" } });
  fireEvent.blur(input());
  expect(set).toHaveBeenLastCalledWith(control, 0.99);
  fireEvent.click(screen.getByTestId("field-gamma-reset"));
  expect(set).toHaveBeenCalledTimes(2);
  cleanup();
  mount(0.99);
  expect(screen.queryByTestId("field-gamma-reset")).toBeNull();
});

it("puts the server's message under the field and ties it to the input", () => {
  mount(2, "gamma is 2, expected at most 1.");
  const message = screen.getByTestId("field-gamma-error");
  expect(message.textContent).toBe("gamma is 2, expected at most 1.");
  expect(input().getAttribute("aria-describedby")).toContain(message.id);
  expect(input().getAttribute("aria-invalid")).toBe("true");
});
