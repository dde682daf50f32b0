// @vitest-environment happy-dom
import { beforeEach, expect, expectTypeOf, it, vi } from "vitest";
import type { BatchInfo, Evaluation, LossInfo } from "../../src/lib/types";
import { fileUrl, imageUrl } from "../../src/state/addresses";
import { deleteBatch, evaluate, listBatches, listLosses, uncheckedConfigs } from "../../src/state/server";
import { readWholeRun } from "../../src/state/whole_run";
import { evaluateRequestOf, runInfo, snapshotInfo } from "../catalogue";

/** In place before the client is made, which keeps the fetch it finds then. */
const fetched = vi.hoisted(() => {
  globalThis.fetch = vi.fn<typeof fetch>();
  return vi.mocked(globalThis.fetch);
});

beforeEach(() => void fetched.mockReset());

const path = { batch_id: "ab" };

function answer(status: number, body: unknown) {
  const text = body === undefined ? null : JSON.stringify(body);
  fetched.mockResolvedValue(new Response(text, { status, headers: { "Content-Type": "application/json" } }));
}

it("reads a good answer, spelled numbers as they came", async () => {
  answer(200, { batch_id: "ab", total: "NaN", losses: {}, figures: [] });
  expect((await evaluate({ path, body: uncheckedConfigs(evaluateRequestOf({ dqn: { gamma: 2 } })) })).total).toBe(
    "NaN",
  );
});

it("throws the server's own problem", async () => {
  answer(422, { status: 422, code: "invalid_value", message: "gamma is 2.", field: "configs.dqn.gamma" });
  await expect(evaluate({ path, body: evaluateRequestOf({}) })).rejects.toMatchObject({ field: "configs.dqn.gamma" });
});

it("takes no content for an answer when a batch is deleted, and a refusal for one", async () => {
  answer(204, undefined);
  await expect(deleteBatch({ path })).resolves.toBeDefined();
  answer(404, { status: 404, code: "not_found", message: "gone", field: null });
  await expect(deleteBatch({ path })).rejects.toMatchObject({ code: "not_found" });
});

it("stays below the page's own address, whatever prefix that has", async () => {
  answer(200, { batches: [] });
  await listBatches();
  const [request] = fetched.mock.calls[0] ?? [];
  expect((request as Request).url.startsWith(new URL(".", window.location.href).href)).toBe(true);
  expect(fileUrl("a/b")).toBe("./api/batches/a%2Fb/file");
  const image = imageUrl("ab", { group: "out", name: "a&b" }, 1, 2);
  expect(image).toBe("./api/batches/ab/image?group=out&name=a%26b&row=1&step=2");
});

it("has a sentence for a refusal in another shape, and leaves silence as it is", async () => {
  fetched.mockResolvedValue(new Response("<html>", { status: 502 }));
  await expect(listLosses()).rejects.toMatchObject({ code: "unexpected", status: 502 });
  fetched.mockRejectedValue(new TypeError("Failed to fetch"));
  await expect(listLosses()).rejects.toBeInstanceOf(TypeError);
});

it("types an answer as the server describes it, so that a wrong type does not compile", () => {
  expectTypeOf<ReturnType<typeof listLosses<true>>>().resolves.toEqualTypeOf<LossInfo[]>();
  expectTypeOf<ReturnType<typeof evaluate<true>>>().resolves.toEqualTypeOf<Evaluation>();
  // @ts-expect-error a list of losses is no batch
  const wrong: () => Promise<BatchInfo> = () => listLosses();
  expect(wrong).toBeDefined();
});

it("reads all pages of a run", async () => {
  const pages = [[1, 2], [5, 8], [9]].map((steps) => steps.map((step) => snapshotInfo({ step })));
  for (const [place, timeline] of pages.entries()) {
    const next_after = place < 2 ? (timeline[1]?.step ?? null) : null;
    fetched.mockResolvedValueOnce(Response.json(runInfo({ id: "r", timeline, next_after })));
  }
  expect((await readWholeRun("r")).timeline.map(({ step }) => step)).toEqual([1, 2, 5, 8, 9]);
  const asked = fetched.mock.calls.map(([request]) => new URL((request as Request).url).searchParams.get("after"));
  expect(asked).toEqual([null, "2", "8"]);
});
