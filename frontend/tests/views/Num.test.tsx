// @vitest-environment happy-dom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { Num } from "../../src/views/Num";

afterEach(cleanup);

it("is short to read and exact underneath", () => {
  render(<Num value={0.1 + 0.2} testid="n" />);
  const number = screen.getByTestId("n");
  expect(number.textContent).toBe("0.3");
  expect(number.dataset.value).toBe("0.30000000000000004");
  expect(number.title).toBe("0.30000000000000004");
  expect(number.dataset.bad).toBeUndefined();
});

it("has commas between thousands where it counts something", () => {
  render(<Num value={59333} testid="n" counts />);
  expect(screen.getByTestId("n").textContent).toBe("59,333");
  expect(screen.getByTestId("n").dataset.value).toBe("59333");
});

it("is loud when it is not finite", () => {
  render(<Num value="NaN" testid="n" />);
  expect(screen.getByTestId("n").dataset).toMatchObject({ value: "NaN", bad: "true" });
});
