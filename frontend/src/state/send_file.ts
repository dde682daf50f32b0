import { problemFrom, problemOf } from "../lib/problem";
import type { BatchInfo, Import } from "../lib/types";
import { uploadUrl } from "./addresses";

export type Sent =
  | {
      readonly batch: BatchInfo;
      /** False when the server had its content already, maybe under another name. */
      readonly isNew: boolean;
    }
  /** No batch as it is: it waits for a mapping. */
  | { readonly waiting: Import };

export interface Progress {
  /** Bytes that have left. */
  readonly sent: number;
  /** Whether the server reads other files first: this one is sent again after the time that it asks for. */
  readonly queued: boolean;
}

/** Sends a file as it is, and again as long as the server is busy with others. */
export async function sendFile(
  file: File,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Sent> {
  for (;;) {
    const answer = await sendOnce(file, (sent) => onProgress({ sent, queued: false }), signal);
    if (!("retryAfter" in answer)) return answer;
    onProgress({ sent: 0, queued: true });
    await pause(answer.retryAfter, signal);
  }
}

/** Fetch cannot tell how much has left, so this is the one XMLHttpRequest of the page. */
function sendOnce(
  file: File,
  onProgress: (sent: number) => void,
  signal: AbortSignal,
): Promise<Sent | { readonly retryAfter: number }> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", uploadUrl(file.name));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "text";
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => {
      const body = parsedJson(request.responseText);
      if (request.status === 202) resolve({ waiting: body as Import });
      else if (request.status < 300) resolve({ batch: body as BatchInfo, isNew: request.status === 201 });
      else if (request.status === 429) resolve({ retryAfter: Number(request.getResponseHeader("Retry-After")) || 1 });
      else reject(problemFrom(request.status, body));
    };
    request.onerror = () => reject(problemOf(null));
    request.onabort = () => reject(cancelled());
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}

function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    const stop = () => {
      clearTimeout(timer);
      reject(cancelled());
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}

function cancelled(): DOMException {
  return new DOMException("The upload was cancelled.", "AbortError");
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
