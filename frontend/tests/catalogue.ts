import type { EvaluateRequest, FigureInfo, LossInfo, TermInfo } from "../src/lib/types";

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
    ...own,
  };
}

export function figureInfo(kind: FigureInfo["kind"], panel: string, need: FigureInfo["need"]): FigureInfo {
  return { kind, panel, need, title: kind, doc: "" };
}

export function termInfo(name: string, ...dims: string[]): TermInfo {
  return { name, dims, formula: "", latex: null, doc: "", signed: true, where: "" };
}

export function evaluateRequestOf(configs: EvaluateRequest["configs"]): EvaluateRequest {
  return { configs, figures: [], brief: false };
}
