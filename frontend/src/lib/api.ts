import createClient from "openapi-fetch";
import type { SnapshotPlace } from "./link";
import { problemFrom } from "./problem";
import type { paths } from "./schema";
import type {
  BatchData,
  BatchFacts,
  BatchInfo,
  BatchList,
  BatchSummary,
  Configs,
  DoctorReport,
  DoctorRequest,
  EvaluateRequest,
  Evaluation,
  FieldFigures,
  FieldInfo,
  FieldRequest,
  FormatInfo,
  FormatList,
  Import,
  LossInfo,
  Mapping,
  MappingForm,
  MappingPreview,
  Overview,
  OverviewRequest,
  RuleInfo,
  RuleList,
  RunInfo,
  RunList,
  RunSummary,
  Script,
  ScriptRequest,
  SnapshotInfo,
  SnapshotOrigin,
  StepData,
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

export async function fetchFormats(signal?: AbortSignal): Promise<readonly FormatInfo[]> {
  return unwrap<FormatList>(await client.GET("/api/formats", { signal })).formats;
}

export async function fetchBatches(signal?: AbortSignal): Promise<BatchSummary[]> {
  return unwrap<BatchList>(await client.GET("/api/batches", { signal })).batches;
}

export async function fetchBatch(id: string, signal?: AbortSignal): Promise<BatchInfo> {
  return unwrap(await client.GET("/api/batches/{batch_id}", { params: { path: { batch_id: id } }, signal }));
}

/** Has the server make its demo batch, or find the one it made before. */
export async function openDemo(): Promise<BatchInfo> {
  return unwrap(await client.POST("/api/demo"));
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

export async function fetchOverview(id: string, body: OverviewRequest, signal?: AbortSignal): Promise<Overview> {
  return unwrap(
    await client.POST("/api/batches/{batch_id}/overview", { params: { path: { batch_id: id } }, body, signal }),
  );
}

/** What the doctor finds. */
export async function fetchDoctor(id: string, body: DoctorRequest, signal?: AbortSignal): Promise<DoctorReport> {
  return unwrap(
    await client.POST("/api/batches/{batch_id}/doctor", { params: { path: { batch_id: id } }, body, signal }),
  );
}

/** What the doctor looks for. */
export async function fetchRules(signal?: AbortSignal): Promise<readonly RuleInfo[]> {
  return unwrap<RuleList>(await client.GET("/api/rules", { signal })).rules;
}

export async function fetchFacts(id: string, signal?: AbortSignal): Promise<BatchFacts> {
  return unwrap(await client.GET("/api/batches/{batch_id}/facts", { params: { path: { batch_id: id } }, signal }));
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

export async function fetchBatchData(id: string, signal?: AbortSignal): Promise<BatchData> {
  return unwrap(await client.GET("/api/batches/{batch_id}/data", { params: { path: { batch_id: id } }, signal }));
}

export async function fetchField(id: string, body: FieldRequest, signal?: AbortSignal): Promise<FieldFigures> {
  return unwrap(
    await client.POST("/api/batches/{batch_id}/field", { params: { path: { batch_id: id } }, body, signal }),
  );
}

export async function fetchStep(id: string, row: number, step: number, signal?: AbortSignal): Promise<StepData> {
  const params = { path: { batch_id: id }, query: { row, step } };
  return unwrap(await client.GET("/api/batches/{batch_id}/step", { params, signal }));
}

export async function fetchRuns(signal?: AbortSignal): Promise<readonly RunSummary[]> {
  return unwrap<RunList>(await client.GET("/api/runs", { signal })).runs;
}

/** Snapshots per request: a long run takes several, each quick. */
const PAGE = 1000;

/** A run with all its snapshots. */
export async function fetchRun(id: string, signal?: AbortSignal): Promise<RunInfo> {
  const timeline: SnapshotInfo[] = [];
  for (let after: number | undefined; ; ) {
    const params = { path: { run_id: id }, query: { after, limit: PAGE } };
    const run = unwrap<RunInfo>(await client.GET("/api/runs/{run_id}", { params, signal }));
    timeline.push(...run.timeline);
    if (run.next_after === null) return { ...run, timeline };
    after = run.next_after;
  }
}

/** What training said of a snapshot. */
export async function fetchSnapshot({ run, step }: SnapshotPlace, signal?: AbortSignal): Promise<SnapshotOrigin> {
  const params = { path: { run_id: run, step } };
  return unwrap(await client.GET("/api/runs/{run_id}/snapshots/{step}", { params, signal }));
}

export async function deleteRun(id: string): Promise<void> {
  const { error, response } = await client.DELETE("/api/runs/{run_id}", { params: { path: { run_id: id } } });
  if (!response.ok) throw problemFrom(response.status, error);
}

export async function deleteSnapshot({ run, step }: SnapshotPlace): Promise<void> {
  const params = { path: { run_id: run, step } };
  const { error, response } = await client.DELETE("/api/runs/{run_id}/snapshots/{step}", { params });
  if (!response.ok) throw problemFrom(response.status, error);
}

/** Has a snapshot stay when others make room, or takes that back. */
export async function keepSnapshot({ run, step }: SnapshotPlace, pinned: boolean): Promise<void> {
  const params = { path: { run_id: run, step } };
  unwrap(await client.PUT("/api/runs/{run_id}/snapshots/{step}/pin", { params, body: { pinned } }));
}

/** Where what happens to runs is told as it happens. */
export const EVENTS_URL = `${BASE}/api/events`;

/** Where one entry of a field is an image. */
export function imageUrl(id: string, { group, name }: Pick<FieldInfo, "group" | "name">, row: number, step: number) {
  const query = new URLSearchParams({ group, name, row: String(row), step: String(step) });
  return `${BASE}/api/batches/${encodeURIComponent(id)}/image?${query}`;
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

/** What a mapping consists of. */
export async function fetchMappingForm(signal?: AbortSignal): Promise<MappingForm> {
  return unwrap(await client.GET("/api/mapping", { signal }));
}

/** What a mapping would make of a file that waits. */
export async function fetchMappingPreview(id: string, mapping: Mapping, signal?: AbortSignal): Promise<MappingPreview> {
  const params = { path: { import_id: id } };
  return unwrap(await client.POST("/api/imports/{import_id}/preview", { params, body: { mapping }, signal }));
}

/** Makes a batch of a file that waits. */
export async function mapImport(id: string, mapping: Mapping): Promise<BatchInfo> {
  const params = { path: { import_id: id } };
  return unwrap(await client.POST("/api/imports/{import_id}/batch", { params, body: { mapping } }));
}

/** A file that can be mapped, the first time or otherwise. */
export async function fetchImport(id: string): Promise<Import> {
  return unwrap(await client.GET("/api/imports/{import_id}", { params: { path: { import_id: id } } }));
}

export async function deleteImport(id: string): Promise<void> {
  const params = { path: { import_id: id } };
  const { error, response } = await client.DELETE("/api/imports/{import_id}", { params });
  if (!response.ok) throw problemFrom(response.status, error);
}

/** Where a file of this name goes. */
export function uploadUrl(name: string): string {
  return `${BASE}/api/batches?name=${encodeURIComponent(name)}`;
}
