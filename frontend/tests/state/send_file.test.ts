import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Problem } from "../../src/lib/problem";
import { sendFile } from "../../src/state/send_file";

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
  abort = vi.fn(() => this.onabort?.());

  constructor() {
    FakeRequest.last = this;
  }

  answer(status: number, text: string) {
    this.status = status;
    this.responseText = text;
    this.onload?.();
  }
}

beforeEach(() => void vi.stubGlobal("XMLHttpRequest", FakeRequest));
afterEach(() => void vi.unstubAllGlobals());

const file = new File(["x"], "a b&c=%.npz");

function start(controller = new AbortController()) {
  const sent: number[] = [];
  const sending = sendFile(file, (bytes) => void sent.push(bytes), controller.signal);
  return { sending, sent, controller, request: FakeRequest.last };
}

it("sends the raw file under its escaped name and tells how far it is", async () => {
  const { sending, sent, request } = start();
  expect(request.open).toHaveBeenCalledWith("POST", "./api/batches?name=a%20b%26c%3D%25.npz");
  expect(request.send).toHaveBeenCalledWith(file);
  request.upload.onprogress?.({ loaded: 7 });
  request.answer(201, '{"id":"ab"}');
  expect(await sending).toEqual({ batch: { id: "ab" }, isNew: true });
  expect(sent).toEqual([7]);
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
