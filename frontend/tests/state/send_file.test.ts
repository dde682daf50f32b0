import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Problem } from "../../src/lib/problem";
import { type Progress, sendFile } from "../../src/state/send_file";

class FakeRequest {
  static last: FakeRequest;
  upload: { onprogress?: (event: { loaded: number }) => void } = {};
  status = 0;
  responseText = "";
  onload?: () => void;
  onerror?: () => void;
  onabort?: () => void;
  open = vi.fn();
  setRequestHeader = vi.fn();
  send = vi.fn();
  headers: Record<string, string> = {};
  abort = vi.fn(() => this.onabort?.());

  constructor() {
    FakeRequest.last = this;
  }

  getResponseHeader(name: string) {
    return this.headers[name] ?? null;
  }

  answer(status: number, text: string) {
    this.status = status;
    this.responseText = text;
    this.onload?.();
  }
}

beforeEach(() => void vi.stubGlobal("XMLHttpRequest", FakeRequest));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const file = new File(["x"], "a b&c=%.npz");

function start(controller = new AbortController()) {
  const sent: Progress[] = [];
  const sending = sendFile(file, (progress) => void sent.push(progress), controller.signal);
  return { sending, sent, controller, request: FakeRequest.last };
}

it("sends the raw file under its escaped name and tells how far it is", async () => {
  const { sending, sent, request } = start();
  expect(request.open).toHaveBeenCalledWith("POST", "./api/batches?name=a%20b%26c%3D%25.npz");
  expect(request.send).toHaveBeenCalledWith(file);
  request.upload.onprogress?.({ loaded: 7 });
  request.answer(201, '{"id":"ab"}');
  expect(await sending).toEqual({ batch: { id: "ab" }, isNew: true });
  expect(sent).toEqual([{ sent: 7, queued: false }]);
});

it("tells when the file waits for a mapping", async () => {
  const { sending, request } = start();
  request.answer(202, '{"id":"cd"}');
  expect(await sending).toEqual({ waiting: { id: "cd" } });
});

it("tells when the server had the content already", async () => {
  const { sending, request } = start();
  request.answer(200, '{"id":"ab","name":"first.npz"}');
  expect(await sending).toEqual({ batch: { id: "ab", name: "first.npz" }, isNew: false });
});

it("passes on the server's refusal", async () => {
  const { sending, request } = start();
  request.answer(413, '{"status":413,"code":"too_large","message":"Too large.","field":null}');
  await expect(sending).rejects.toMatchObject({ code: "too_large", message: "Too large." } satisfies Partial<Problem>);
});

it("has a sentence for an answer that is none, and for silence", async () => {
  const odd = start();
  odd.request.answer(502, "<html>");
  await expect(odd.sending).rejects.toMatchObject({ code: "unexpected" });
  const silent = start();
  silent.request.onerror?.();
  await expect(silent.sending).rejects.toMatchObject({ code: "unreachable" });
});

it("can be cancelled", async () => {
  const { sending, controller, request } = start();
  controller.abort();
  expect(request.abort).toHaveBeenCalled();
  await expect(sending).rejects.toMatchObject({ name: "AbortError" });
});

function busy(request: FakeRequest, headers: Record<string, string>) {
  request.headers = headers;
  request.answer(429, '{"status":429,"code":"readers_busy","message":"Busy.","field":"file"}');
}

it.each([
  [{ "Retry-After": "5" }, 5000],
  [{}, 1000],
])("sends it again when a busy server asks to: %o", async (headers, milliseconds) => {
  vi.useFakeTimers();
  const { sending, sent, request } = start();
  busy(request, headers);
  await vi.advanceTimersByTimeAsync(milliseconds - 1);
  expect(FakeRequest.last).toBe(request);
  expect(sent.at(-1)).toEqual({ sent: 0, queued: true });
  await vi.advanceTimersByTimeAsync(1);
  expect(FakeRequest.last).not.toBe(request);
  FakeRequest.last.upload.onprogress?.({ loaded: 7 });
  expect(sent.at(-1)).toEqual({ sent: 7, queued: false });
  FakeRequest.last.answer(201, '{"id":"ab"}');
  expect(await sending).toEqual({ batch: { id: "ab" }, isNew: true });
});

it("can be cancelled while it waits for a busy server", async () => {
  vi.useFakeTimers();
  const { sending, controller, request } = start();
  busy(request, { "Retry-After": "5" });
  await vi.advanceTimersByTimeAsync(0);
  controller.abort();
  await expect(sending).rejects.toMatchObject({ name: "AbortError" });
  expect(vi.getTimerCount()).toBe(0);
  expect(FakeRequest.last).toBe(request);
});
