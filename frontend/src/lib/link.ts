import type { Area } from "./ranges";
import { parsed } from "./typed";
import type { Config, Configs, Pool, Range } from "./types";

/** Everything that decides what the screen shows; null means "what the page picks by itself". */
export interface Link {
  readonly batch: string | null;
  readonly loss: string | null;
  readonly term: string | null;
  readonly component: number;
  readonly pool: Pool;
  readonly zoom: Area | null;
  readonly selected: Area | null;
  /** Which panel of figures stands below the map: what its figures are of. */
  readonly panel: string | null;
  /** Only fields that differ from their default. */
  readonly configs: Configs;
}

export const HOME: Link = {
  batch: null,
  loss: null,
  term: null,
  component: 0,
  pool: "mean",
  zoom: null,
  selected: null,
  panel: null,
  configs: {},
};

export const POOLS: readonly Pool[] = ["mean", "min", "max", "peak"];

/** The link as a query string, "" for HOME: `?batch=4f..&loss=dqn&zoom=0-32,10-20&dqn.gamma=0.9`. */
export function toQuery(link: Link): string {
  const query = new URLSearchParams();
  if (link.batch) query.set("batch", link.batch);
  if (link.loss) query.set("loss", link.loss);
  if (link.term) query.set("term", link.term);
  if (link.component > 0) query.set("component", String(link.component));
  if (link.pool !== "mean") query.set("pool", link.pool);
  if (link.zoom) query.set("zoom", areaText(link.zoom));
  if (link.selected) query.set("at", areaText(link.selected));
  if (link.panel) query.set("panel", link.panel);
  for (const [loss, config] of Object.entries(link.configs)) {
    for (const [field, value] of Object.entries(config)) query.set(`${loss}.${field}`, String(value));
  }
  const text = query.toString().replaceAll("%2C", ",");
  return text ? `?${text}` : "";
}

/** What a query string asks for; anything that makes no sense is as if it were not there. */
export function fromQuery(text: string): Link {
  const query = new URLSearchParams(text);
  return {
    batch: query.get("batch") || null,
    loss: query.get("loss") || null,
    term: query.get("term") || null,
    component: wholeNumber(query.get("component")),
    pool: POOLS.find((pool) => pool === query.get("pool")) ?? "mean",
    zoom: areaOf(query.get("zoom")),
    selected: areaOf(query.get("at")),
    panel: query.get("panel") || null,
    configs: configsOf(query),
  };
}

function configsOf(query: URLSearchParams): Configs {
  const configs = new Map<string, Map<string, Config[string]>>();
  for (const [key, value] of query) {
    const [loss, field, ...rest] = key.split(".");
    if (!loss || !field || rest.length > 0) continue;
    const config = configs.get(loss) ?? new Map();
    configs.set(loss, config.set(field, parsed(value)));
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
