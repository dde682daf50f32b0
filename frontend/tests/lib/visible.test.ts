import { expect, it } from "vitest";
import { captionLines } from "../../src/lib/captions";
import { figureFile } from "../../src/lib/file_names";
import type { BatchInfo, FigureResult } from "../../src/lib/types";
import { escapeInvisible } from "../../src/lib/visible";

it.each([
  ["a\u202eb", "a\\u202eb"],
  ["\u2066x\u2069", "\\u2066x\\u2069"],
  ["a\nb\x1b[0m", "a\\u000ab\\u001b[0m"],
  ["\ud800", "\\ud800"],
])("shows what turns or hides text as escapes", (name, shown) => {
  expect(escapeInvisible(name)).toBe(shown);
});

it.each(["run 7", "Größe", "日本語", "שלום", "👩‍🔬"])("leaves letters of any script: %s", (name) => {
  expect(escapeInvisible(name)).toBe(name);
});

it("is applied to captions and left out of the names of files", () => {
  const batch = { name: "a\u202eb", B: 1, S: 2, id: "0" } as BatchInfo;
  expect(captionLines({ loss: "dqn", note: "" } as FigureResult, batch, [], {})[0]).toContain("a\\u202eb");
  expect(figureFile("a\u202eb.npz", "dqn", "report")).toBe("a-b-dqn-report");
});
