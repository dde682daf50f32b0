// @vitest-environment happy-dom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { FoldedList, ListValue } from "../../src/views/transition/TermValues";

afterEach(cleanup);

const LOW = -8.507059173023462e37;

it("says log 0 for what stands for it, the number itself underneath", () => {
  render(<FoldedList values={[LOW, -0.5, 2 * LOW, null]} dim="action" logZero={LOW} />);
  expect(screen.getByText("log 0 -0.5 log 0 invalid")).toBeDefined();
  const cells = screen.getAllByText("log 0", { selector: "li span" });
  expect(cells.map(({ dataset }) => dataset.value)).toEqual([String(LOW), String(2 * LOW)]);
  expect(cells[0]?.title).toBe(`${LOW}, which stands for log 0`);
});

it("leaves such a number alone where it stands for nothing else", () => {
  render(<FoldedList values={[LOW]} dim="action" logZero={null} />);
  expect(screen.queryByText("log 0")).toBeNull();
});

it("is calm about -inf where it marks an invalid action, and about nothing else", () => {
  const { container } = render(<ListValue values={[1, "-Infinity", "NaN"]} padded />);
  expect(container.querySelectorAll("[data-bad]")).toHaveLength(1);
  expect(screen.getByText("-inf").dataset).toMatchObject({ value: "-Infinity" });
  render(<ListValue values={["-Infinity"]} />);
  expect(screen.getAllByText("-inf").filter(({ dataset }) => dataset.bad)).toHaveLength(1);
});
