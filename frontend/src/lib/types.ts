import type { components } from "./schema";

type Schemas = components["schemas"];

/** The names under which the page speaks of what goes over the wire. */
export type ApiProblem = Schemas["ErrorBody"];
export type BatchInfo = Schemas["BatchInfo"];
export type BatchList = Schemas["BatchList"];
export type BatchSummary = Schemas["BatchSummary"];
export type FormatInfo = Schemas["FormatInfo"];
export type FormatList = Schemas["FormatList"];
export type FieldInfo = Schemas["FieldInfo"];
export type LossInfo = Schemas["LossInfo"];
export type PresetInfo = Schemas["PresetInfo"];
export type TermInfo = Schemas["TermInfo"];
export type Evaluation = Schemas["Evaluation"];
export type LossResult = Schemas["LossResult"];
export type TermHealth = Schemas["Health"];
export type BatchFacts = Schemas["BatchFacts"];
export type Overview = Schemas["Overview"];
export type Lead = Schemas["Lead"];
export type DoctorReport = Schemas["DoctorReport"];
export type Finding = Schemas["FindingInfo"];
export type RuleList = Schemas["RuleList"];
export type RuleInfo = Schemas["RuleInfo"];
export type FigureInfo = Schemas["FigureInfo"];
export type FigureTable = Schemas["FigureTable"];
export type FigureRequest = Schemas["FigureRequest"];
export type FigureResult = Schemas["FigureResult"];
export type BatchData = Schemas["BatchData"];
export type Episodes = Schemas["Episodes"];
export type FieldRequest = Schemas["FieldRequest"];
export type FieldFigures = Schemas["FieldFigures"];
export type FieldEntry = Schemas["FieldEntry"];
export type StepData = Schemas["StepData"];
export type RunList = Schemas["RunList"];
export type RunSummary = Schemas["RunSummary"];
export type RunInfo = Schemas["RunInfo"];
export type SnapshotInfo = Schemas["SnapshotInfo"];
export type SnapshotOrigin = Schemas["SnapshotOrigin"];
export type Sequences = Schemas["Sequences"];
export type RunsEvent = Schemas["Reload"] | Schemas["RunEvent"] | Schemas["SnapshotEvent"];
export type Script = Schemas["Script"];
export type MappedFrom = Schemas["MappedFrom"];
export type Import = Schemas["Import"];
export type Mapping = Schemas["Mapping"];
export type MappingForm = Schemas["MappingForm"];
export type MappingPreview = Schemas["Preview"];
export type MappingSample = Schemas["Sample"];
export type SourceField = Schemas["SourceField"];
export type TargetInfo = Schemas["TargetInfo"];
export type Pool = FigureRequest["pool"];
export type Colours = FigureRequest["colours"];
export type Side = FigureRequest["side"];
export type Slice = Schemas["SliceRequest"];
export type SliceResult = Schemas["SliceResult"];
export type Numbers = Schemas["Numbers"];
export type PinnedRequest = Unjudged<Schemas["PinnedRequest"]>;

/** A float as it travels: JSON has no NaN and no infinity, so those come spelled out. */
export type WireNumber = number | "NaN" | "Infinity" | "-Infinity";

/** What a config field can hold. A string is an enum choice, or text that the server will refuse with a message. */
export type ConfigValue = number | boolean | string;
export type Config = Readonly<Record<string, ConfigValue>>;
export type Configs = Readonly<Record<string, Config>>;

/** Requests as the page sends them: what a person typed goes out unjudged, so that the server's message comes back. */
export type EvaluateRequest = Omit<Unjudged<Schemas["EvaluateRequest"]>, "pinned"> & {
  readonly pinned?: PinnedRequest | null;
};
export type DoctorRequest = Unjudged<Schemas["DoctorRequest"]>;
export type OverviewRequest = Unjudged<Schemas["OverviewRequest"]>;
export type TransitionRequest = Unjudged<Schemas["TransitionRequest"]>;
export type ScriptRequest = Unjudged<Schemas["ScriptRequest"]>;
type Unjudged<Request> = Omit<Request, "configs"> & { readonly configs: Configs };

/** A half-open range of rows or steps. */
export type Range = readonly [number, number];

/** A term of one transition: a scalar, or a list over actions or dimensions, or such lists in a list; null is invalid. */
export type Nested = WireNumber | boolean | null | readonly Nested[];
export type TermValue = Omit<Schemas["TermValue"], "value"> & { readonly value: Nested | null };
export type Transition = Omit<Schemas["Transition"], "terms"> & { readonly terms: readonly TermValue[] };
