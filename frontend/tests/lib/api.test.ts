// @vitest-environment happy-dom
import { beforeEach, expect, it, vi } from "vitest";
import { deleteBatch, evaluate, fetchBatches, fetchRun, fileUrl } from "../../src/lib/api";
import { evaluateRequestOf, runInfo, snapshotInfo } from "../catalogue";

/** In place before the client is made, which keeps the fetch it finds then. */
const fetched = vi.hoisted(() => {
  globalThis.fetch = vi.fn<typeof fetch>();
  return vi.mocked(globalThis.fetch);
});

beforeEach(() => void fetched.mockReset());

function answer(status: number, body: unknown) {
  const text = body === undefined ? null : JSON.stringify(body);
  fetched.mockResolvedValue(new Response(text, { status, headers: { "Content-Type": "application/json" } }));
}

it("reads a good answer, spelled numbers as they came", async () => {
  answer(200, { batch_id: "ab", total: "NaN", losses: {}, figures: [] });
  expect((await evaluate("ab", evaluateRequestOf({ dqn: { gamma: 2 } }))).total).toBe("NaN");
});

it("throws the server's own problem", async () => {
  answer(422, { status: 422, code: "invalid_value", message: "gamma is 2.", field: "configs.dqn.gamma" });
  await expect(evaluate("ab", evaluateRequestOf({}))).rejects.toMatchObject({ field: "configs.dqn.gamma" });
});

it("takes no content for an answer when a batch is deleted, and a refusal for one", async () => {
  answer(204, undefined);
  await expect(deleteBatch("ab")).resolves.toBeUndefined();
  answer(404, { status: 404, code: "not_found", message: "gone", field: null });
  await expect(deleteBatch("ab")).rejects.toMatchObject({ code: "not_found" });
});

it("stays below the page's own address, whatever prefix that has", async () => {
  answer(200, { batches: [] });
  await fetchBatches();
  const [request] = fetched.mock.calls[0] ?? [];
  expect((request as Request).url.startsWith(new URL(".", window.location.href).href)).toBe(true);
  expect(fileUrl("a/b")).toBe("./api/batches/a%2Fb/file");
});

it("reads all pages of a run", async () => {
  const pages = [[1, 2], [5, 8], [9]].map((steps) => steps.map((step) => snapshotInfo({ step })));
  for (const [place, timeline] of pages.entries()) {
    const next_after = place < 2 ? (timeline[1]?.step ?? null) : null;
    fetched.mockResolvedValueOnce(Response.json(runInfo({ id: "r", timeline, next_after })));
  }
  expect((await fetchRun("r")).timeline.map(({ step }) => step)).toEqual([1, 2, 5, 8, 9]);
  const asked = fetched.mock.calls.map(([request]) => new URL((request as Request).url).searchParams.get("after"));
  expect(asked).toEqual([null, "2", "8"]);
});
