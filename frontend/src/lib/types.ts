import type * as api from "../api";

/** The names under which the page speaks of what goes over the wire; all of it is as the server describes it. */
export type {
  BatchData,
  BatchFacts,
  BatchInfo,
  BatchSummary,
  DoctorReport,
  Episodes,
  ErrorBody as ApiProblem,
  Evaluation,
  FieldEntry,
  FieldFigures,
  FieldInfo,
  FieldRequest,
  FigureInfo,
  FigureRequest,
  FigureResult,
  FigureTable,
  FileFacts,
  FindingInfo as Finding,
  FormatInfo,
  Health as TermHealth,
  Import,
  Lead,
  LossInfo,
  LossResult,
  MappedFrom,
  Mapping,
  Numbers,
  OpenedWindow,
  OtherValueInfo as OtherValue,
  Overview,
  PresetInfo,
  Preview as MappingPreview,
  RuleInfo,
  RunChange,
  RunInfo,
  RunSummary,
  Sample as MappingSample,
  ScanChange,
  ScanClass,
  ScanComparison,
  ScanFigure,
  ScanFinding,
  ScanInfo,
  ScanSummary,
  Sequences,
  ShardInfo,
  ShardIssue,
  ShardRow,
  SliceRequest as Slice,
  SliceResult,
  SnapshotInfo,
  SnapshotOrigin,
  SourceField,
  StepData,
  TargetInfo,
  TermInfo,
  TermValue,
  Transition,
  UncheckedInfo,
} from "../api";

/** The server always names the event, although its description calls the name a default. */
type Named<Event extends { event?: string }> = Event & { event: NonNullable<Event["event"]> };
export type RunsEvent = Named<api.Reload> | Named<api.RunEvent> | Named<api.SnapshotEvent>;
export type ServerEvent = RunsEvent | Named<api.LossesEvent>;
export type ShardQuery = NonNullable<api.ListShardsData["query"]>;
export type Pool = NonNullable<api.FigureRequest["pool"]>;
export type Colours = NonNullable<api.FigureRequest["colours"]>;
export type Side = NonNullable<api.FigureRequest["side"]>;

/** A float as it travels: JSON has no NaN and no infinity, so those come spelled out. */
export type WireNumber = NonNullable<api.Evaluation["total"]>;

/** A term of one transition: a scalar, or a list over actions or dimensions in which null is invalid; null is off. */
export type Value = api.TermValue["value"];

/** What a config field can hold. A string is an enum choice, or text that the server will refuse with a message. */
export type ConfigValue = number | boolean | string;
export type Config = Readonly<Record<string, ConfigValue>>;
export type Configs = Readonly<Record<string, Config>>;

/** Requests with configs as a person typed them: they go out unjudged, so that the server's message comes back. */
type Unjudged<Request> = Omit<Request, "configs"> & { readonly configs: Configs };
export type PinnedRequest = Unjudged<api.PinnedRequest>;
export type EvaluateRequest = Omit<Unjudged<api.EvaluateRequest>, "pinned"> & {
  readonly pinned?: PinnedRequest | null;
};
export type TransitionRequest = Unjudged<api.TransitionRequest>;

/** A half-open range of rows or steps. */
export type Range = readonly [number, number];
