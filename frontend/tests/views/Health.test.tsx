// @vitest-environment happy-dom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import type { TermHealth, WireNumber } from "../../src/lib/types";
import { Health } from "../../src/views/result/Health";

afterEach(cleanup);

const term = (name: string, nan: number): TermHealth => ({ term: name, nan, pos_inf: 0, neg_inf: 0, numel: 8 });

function shown(health: TermHealth[], metrics: Record<string, WireNumber>): HTMLElement {
  render(<Health health={health} metrics={metrics} />);
  return screen.getByTestId("health");
}

it("says that all is finite when terms and metrics are", () => {
  const health = shown([term("q", 0), term("loss", 0)], { q_max: 1 });
  expect(health.textContent).toBe("All values of 2 terms are finite");
  expect(health.dataset.bad).toBe("0");
});

it("does not call it fine when a metric is not finite", () => {
  const health = shown([term("loss", 0)], { q_max: 1, q_mean: "NaN" });
  expect(health.textContent).toBe("All values of 1 term are finite, but not q_mean");
  expect(health.dataset.bad).toBe("1");
});

it("names the terms that are ill", () => {
  expect(shown([term("q", 3), term("loss", 0)], {}).textContent).toContain("q 3 NaN of 8");
});
