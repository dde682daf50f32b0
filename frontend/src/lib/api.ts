import createClient from "openapi-fetch";
import { problemFrom } from "./problem";
import type { paths } from "./schema";
import type {
  BatchInfo,
  BatchList,
  BatchSummary,
  Configs,
  EvaluateRequest,
  Evaluation,
  LossInfo,
  Script,
  ScriptRequest,
  Transition,
  TransitionRequest,
} from "./types";

/** Relative to the page, so that it works under any path prefix and any port. */
const BASE = ".";

const client = createClient<paths>({ baseUrl: BASE });

interface Answer {
  data?: unknown;
  error?: unknown;
  response: Response;
}

/** The body of a good answer. The client's own type of it loses tuples and recursion, hence the cast. */
function unwrap<T>({ data, error, response }: Answer): T {
  if (data === undefined) throw problemFrom(response.status, error);
  return data as T;
}

export async function fetchLosses(signal?: AbortSignal): Promise<LossInfo[]> {
  return unwrap(await client.GET("/api/losses", { signal }));
}

export async function fetchBatches(signal?: AbortSignal): Promise<BatchSummary[]> {
  return unwrap<BatchList>(await client.GET("/api/batches", { signal })).batches;
}

export async function fetchBatch(id: string, signal?: AbortSignal): Promise<BatchInfo> {
  return unwrap(await client.GET("/api/batches/{batch_id}", { params: { path: { batch_id: id } }, signal }));
}

export async function deleteBatch(id: string): Promise<void> {
  const { error, response } = await client.DELETE("/api/batches/{batch_id}", { params: { path: { batch_id: id } } });
  if (!response.ok) throw problemFrom(response.status, error);
}

export async function evaluate(id: string, body: EvaluateRequest, signal?: AbortSignal): Promise<Evaluation> {
  return unwrap(
    await client.POST("/api/batches/{batch_id}/evaluate", { params: { path: { batch_id: id } }, body, signal }),
  );
}

export async function fetchTransition(id: string, body: TransitionRequest, signal?: AbortSignal): Promise<Transition> {
  return unwrap(
    await client.POST("/api/batches/{batch_id}/transition", { params: { path: { batch_id: id } }, body, signal }),
  );
}

/** The Python script that computes what is on screen. */
export async function fetchScript(id: string, body: ScriptRequest): Promise<string> {
  return unwrap<Script>(
    await client.POST("/api/batches/{batch_id}/script", { params: { path: { batch_id: id } }, body }),
  ).text;
}

/** Where a batch can be downloaded. */
export function fileUrl(id: string): string {
  return `${BASE}/api/batches/${encodeURIComponent(id)}/file`;
}

/** Where every term of a loss can be downloaded. */
export function termsUrl(id: string, loss: string, format: "csv" | "safetensors", configs: Configs): string {
  const query = new URLSearchParams({ loss, format, configs: JSON.stringify(configs) });
  return `${BASE}/api/batches/${encodeURIComponent(id)}/terms?${query}`;
}

/** Where a file of this name goes. */
export function uploadUrl(name: string): string {
  return `${BASE}/api/batches?name=${encodeURIComponent(name)}`;
}
