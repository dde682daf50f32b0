import type { Area } from "./ranges";
import { parseValue } from "./typed";
import type { Colours, Config, Configs, Pool, Range, Side, Slice } from "./types";

/** The full state of the screen; null means "chosen by the page". */
export interface Link {
  /** The scan of a data set that is on screen, instead of a batch. */
  readonly scan: string | null;
  /** Rank of the shard that is looked at in it. */
  readonly shard: number | null;
  /** The scan that it is compared with. */
  readonly against: string | null;
  readonly batch: string | null;
  /** Of which run and step the batch is shown; several may have the same bytes. */
  readonly snapshot: SnapshotPlace | null;
  readonly loss: string | null;
  readonly term: string | null;
  readonly component: number;
  readonly pool: Pool;
  /** How the colours of the map grow with its values. */
  readonly colours: Colours;
  readonly zoom: Area | null;
  readonly selected: Area | null;
  /** Which panel of figures stands below the map: what its figures are of. */
  readonly panel: string | null;
  /** The class of transitions that is looked at. */
  readonly slice: Slice | null;
  /** What is compared with. */
  readonly pinned: Pinned | null;
  /** Selects whose values the map shows while a state is pinned: live, pinned or the difference. */
  readonly side: Side;
  /** Only fields that differ from their default. */
  readonly configs: Configs;
}

/** A step of a training run. */
export interface SnapshotPlace {
  /** Its id. */
  readonly run: string;
  readonly step: number;
}

/** A state to compare with. */
export interface Pinned {
  readonly batch: string;
  readonly snapshot: SnapshotPlace | null;
  readonly configs: Configs;
}

export const HOME: Link = {
  scan: null,
  shard: null,
  against: null,
  batch: null,
  snapshot: null,
  loss: null,
  term: null,
  component: 0,
  pool: "mean",
  colours: "linear",
  zoom: null,
  selected: null,
  panel: null,
  slice: null,
  pinned: null,
  side: "live",
  configs: {},
};

export const POOLS: readonly Pool[] = ["mean", "min", "max", "peak"];
export const SIDES: readonly Side[] = ["live", "pinned", "difference"];

/** In an address: what is pinned stands under this name, its configs below it. */
const PINNED = "a";

const RUN_ID = /^[0-9a-f]{32}$/;

/** The link as a query string, "" for HOME: `?batch=4f..&loss=dqn&zoom=0-32,10-20&dqn.gamma=0.9`. */
export function toQuery(link: Link): string {
  const query = new URLSearchParams();
  if (link.scan) query.set("scan", link.scan);
  if (link.scan && link.shard !== null) query.set("shard", String(link.shard));
  if (link.scan && link.against) query.set("against", link.against);
  if (link.batch) query.set("batch", link.batch);
  setSnapshot(query, "", link.snapshot);
  if (link.loss) query.set("loss", link.loss);
  if (link.term) query.set("term", link.term);
  if (link.component > 0) query.set("component", String(link.component));
  if (link.pool !== "mean") query.set("pool", link.pool);
  if (link.colours !== "linear") query.set("colours", link.colours);
  if (link.zoom) query.set("zoom", areaText(link.zoom));
  if (link.selected) query.set("at", areaText(link.selected));
  if (link.panel) query.set("panel", link.panel);
  if (link.slice) query.set("slice", sliceText(link.slice));
  setConfigs(query, "", link.configs);
  if (link.pinned) {
    query.set(PINNED, link.pinned.batch);
    setSnapshot(query, `${PINNED}_`, link.pinned.snapshot);
    if (link.side !== "live") query.set("side", link.side);
    setConfigs(query, `${PINNED}.`, link.pinned.configs);
  }
  const text = query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  return text ? `?${text}` : "";
}

/** Parses a query string; invalid parts are ignored. */
export function fromQuery(text: string): Link {
  const query = new URLSearchParams(text);
  return {
    scan: query.get("scan") || null,
    shard: query.has("shard") ? wholeNumber(query.get("shard")) : null,
    against: query.get("against") || null,
    batch: query.get("batch") || null,
    snapshot: snapshotOf(query, ""),
    loss: query.get("loss") || null,
    term: query.get("term") || null,
    component: wholeNumber(query.get("component")),
    pool: POOLS.find((pool) => pool === query.get("pool")) ?? "mean",
    colours: query.get("colours") === "symlog" ? "symlog" : "linear",
    zoom: areaOf(query.get("zoom")),
    selected: areaOf(query.get("at")),
    panel: query.get("panel") || null,
    slice: sliceOf(query.get("slice")),
    ...pinnedOf(query),
    configs: configsOf(query, ""),
  };
}

/** "done:1": the second class of those that the end of an episode makes. */
export function sliceText({ by, value }: Slice): string {
  return `${by}:${value}`;
}

export function sliceOf(text: string | null): Slice | null {
  const match = /^([a-z_]{1,40}):(\d{1,9})$/.exec(text ?? "");
  return match?.[1] ? { by: match[1], value: Number(match[2]) } : null;
}

function pinnedOf(query: URLSearchParams): Pick<Link, "pinned" | "side"> {
  const batch = query.get(PINNED);
  if (!batch) return { pinned: null, side: "live" };
  return {
    pinned: { batch, snapshot: snapshotOf(query, `${PINNED}_`), configs: configsOf(query, `${PINNED}.`) },
    side: SIDES.find((side) => side === query.get("side")) ?? "live",
  };
}

function setSnapshot(query: URLSearchParams, prefix: string, snapshot: SnapshotPlace | null): void {
  if (!snapshot) return;
  query.set(`${prefix}run`, snapshot.run);
  query.set(`${prefix}step`, String(snapshot.step));
}

function snapshotOf(query: URLSearchParams, prefix: string): SnapshotPlace | null {
  const [run, step] = [query.get(`${prefix}run`), query.get(`${prefix}step`)];
  return run && RUN_ID.test(run) && step && /^\d{1,16}$/.test(step) ? { run, step: Number(step) } : null;
}

/** The run that a query string names alone: its newest step is wanted, and those to come. */
export function runToWatch(text: string): string | null {
  const query = new URLSearchParams(text);
  const run = query.get("run");
  return run && RUN_ID.test(run) && !query.has("batch") ? run : null;
}

function setConfigs(query: URLSearchParams, prefix: string, configs: Configs): void {
  for (const [loss, config] of Object.entries(configs)) {
    for (const [field, value] of Object.entries(config)) query.set(`${prefix}${loss}.${field}`, String(value));
  }
}

function configsOf(query: URLSearchParams, prefix: string): Configs {
  const configs = new Map<string, Map<string, Config[string]>>();
  for (const [key, value] of query) {
    if (!key.startsWith(prefix)) continue;
    const [loss, field, ...rest] = key.slice(prefix.length).split(".");
    if (!loss || !field || rest.length > 0) continue;
    const config = configs.get(loss) ?? new Map();
    configs.set(loss, config.set(field, parseValue(value)));
  }
  return Object.fromEntries([...configs].map(([loss, config]) => [loss, Object.fromEntries(config)]));
}

function areaText({ rows, steps }: Area): string {
  return `${rows.join("-")},${steps.join("-")}`;
}

function areaOf(text: string | null): Area | null {
  const match = /^(\d{1,9})-(\d{1,9}),(\d{1,9})-(\d{1,9})$/.exec(text ?? "");
  if (!match) return null;
  const [row = 0, rowEnd = 0, step = 0, stepEnd = 0] = match.slice(1).map(Number);
  const rows: Range = [row, rowEnd];
  const steps: Range = [step, stepEnd];
  return row < rowEnd && step < stepEnd ? { rows, steps } : null;
}

function wholeNumber(text: string | null): number {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : 0;
}
