import type {
  EvaluateRequest,
  FigureInfo,
  LossInfo,
  RunInfo,
  RunSummary,
  SnapshotInfo,
  TermInfo,
} from "../src/lib/types";

/** Entries of a catalogue with what a test does not care about filled in. */
export function lossInfo(own: Partial<LossInfo>): LossInfo {
  const needs = { step_stream: [], out: [] };
  return {
    name: "l",
    title: "L",
    doc: "",
    colour: "#000",
    config_schema: {},
    presets: [],
    needs,
    terms: [],
    panels: [],
    figures: [],
    others: [],
    per_batch: false,
    file: null,
    error: null,
    ...own,
  };
}

export function figureInfo(kind: FigureInfo["kind"], panel: string, need: FigureInfo["need"]): FigureInfo {
  return { kind, panel, need, title: kind, doc: "" };
}

export function termInfo(name: string, ...dims: string[]): TermInfo {
  return { name, dims, formula: "", latex: null, doc: "", signed: true, where: "", kind: "term", components: null };
}

export function evaluateRequestOf(configs: EvaluateRequest["configs"]): EvaluateRequest {
  return { configs, figures: [], brief: false };
}

export function snapshotInfo(own: Partial<SnapshotInfo>): SnapshotInfo {
  const told = { step: 0, batch_id: "b", created: "2026-01-01T00:00:00Z", bytes: 1, sequences: null, metrics: {} };
  return { ...told, state: "pending", pinned: false, ...own };
}

export function runSummary(own: Partial<RunSummary>): RunSummary {
  const at = "2026-01-01T00:00:00Z";
  const counts = { snapshots: 0, last_step: null, bytes: 0, pinned: 0, dropped: 0, pending: 0 };
  return { id: "r", name: "run", created: at, updated: at, ...counts, ...own };
}

export function runInfo(own: Partial<RunInfo>): RunInfo {
  return { ...runSummary({}), metric_names: [], changes: [], timeline: [], next_after: null, ...own };
}
