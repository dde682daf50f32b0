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

/** Sends a file as it is; fetch cannot tell how much has left, so this is the one XMLHttpRequest of the page. */
export function sendFile(file: File, onProgress: (sent: number) => void, signal: AbortSignal): Promise<Sent> {
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
      else reject(problemFrom(request.status, body));
    };
    request.onerror = () => reject(problemOf(null));
    request.onabort = () => reject(new DOMException("The upload was cancelled.", "AbortError"));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
