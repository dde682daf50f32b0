// @vitest-environment happy-dom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { Problem } from "../../src/lib/problem";
import type { Mapping } from "../../src/lib/types";
import { PreviewCard } from "../../src/views/mapping/PreviewCard";

afterEach(cleanup);

const problem = new Problem({ status: 422, code: "bad_mapping", message: "does not fit" });

it("speaks of a last good result only where there is one", () => {
  render(<PreviewCard mapping={{} as Mapping} preview={null} stale={true} problem={problem} />);
  const text = screen.getByTestId("mapping-preview").textContent;
  expect(text).toContain("No preview: the mapping does not fit the file.");
  expect(text).not.toContain("last good result");
});
