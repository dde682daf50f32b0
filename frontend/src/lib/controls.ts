import type { ConfigValue } from "./types";

interface Base {
  readonly name: string;
  readonly doc: string;
}

export interface NumberControl extends Base {
  readonly kind: "number";
  readonly default: number;
  readonly integer: boolean;
  /** In words and symbols, "0 to 1" or "> 0"; empty when anything goes. */
  readonly bounds: string;
  readonly slider: SliderRange;
}

const SCALES = ["linear", "log", "one_minus_log"] as const;
export type Scale = (typeof SCALES)[number];

export interface SliderRange {
  readonly low: number;
  readonly high: number;
  /** Evenly in the value, in its logarithm, or in that of its distance from high. */
  readonly scale: Scale;
}

export interface SwitchControl extends Base {
  readonly kind: "switch";
  readonly default: boolean;
}

export interface SelectControl extends Base {
  readonly kind: "select";
  readonly default: string;
  readonly options: readonly string[];
}

/** What a config field looks like on the page. */
export type Control = NumberControl | SwitchControl | SelectControl;

type Json = Readonly<Record<string, unknown>>;

/** The controls of a config, in the order of its JSON Schema. A property of a kind nobody can edit is left out. */
export function controlsOf(schema: Json): Control[] {
  const definitions = asJson(schema.$defs);
  return Object.entries(asJson(schema.properties)).flatMap(([name, property]) => {
    const control = controlOf(name, resolved(asJson(property), definitions));
    return control ? [control] : [];
  });
}

/** Whether a value is what the config has without being told. */
export function isDefault(control: Control, value: ConfigValue): boolean {
  return Object.is(control.default, value);
}

function controlOf(name: string, property: Json): Control | null {
  const base = { name, doc: text(property.description) };
  const options = Array.isArray(property.enum) ? property.enum.filter((choice) => typeof choice === "string") : [];
  if (options.length > 0) {
    return { ...base, kind: "select", options, default: text(property.default) || (options[0] ?? "") };
  }
  if (property.type === "boolean") return { ...base, kind: "switch", default: property.default === true };
  if (property.type === "number" || property.type === "integer") return { ...base, ...numberControl(property) };
  return null;
}

function numberControl(property: Json): Omit<NumberControl, keyof Base> {
  const fallback = number(property.default) ?? 0;
  return {
    kind: "number",
    default: fallback,
    integer: property.type === "integer",
    bounds: bounds(property),
    slider: sliderRange(property, fallback),
  };
}

/** The range worth dragging: the schema's hint, else its bounds, else something around the default. */
function sliderRange(property: Json, fallback: number): SliderRange {
  const hint = asJson(property.slider);
  const least = number(property.minimum) ?? number(property.exclusiveMinimum);
  const most = number(property.maximum) ?? number(property.exclusiveMaximum);
  const reach = Math.max(1, Math.abs(fallback)) * 10;
  const low = number(hint.low) ?? least ?? Math.min(fallback, most ?? 0) - reach;
  const high = number(hint.high) ?? most ?? Math.max(fallback, low) + reach;
  const scale = SCALES.find((known) => known === hint.scale) ?? "linear";
  return { low, high, scale: scale === "log" && low <= 0 ? "linear" : scale };
}

function bounds(property: Json): string {
  const least = number(property.minimum);
  const most = number(property.maximum);
  if (least !== undefined && most !== undefined) return `${least} to ${most}`;
  const parts: [string, number | undefined][] = [
    ["\u2265", least],
    [">", number(property.exclusiveMinimum)],
    ["\u2264", most],
    ["<", number(property.exclusiveMaximum)],
  ];
  return parts.flatMap(([sign, bound]) => (bound === undefined ? [] : [`${sign} ${bound}`])).join(", ");
}

function resolved(property: Json, definitions: Json): Json {
  const reference = text(property.$ref) || text(asJson(Array.isArray(property.allOf) ? property.allOf[0] : null).$ref);
  return reference ? { ...asJson(definitions[reference.split("/").at(-1) ?? ""]), ...property } : property;
}

function asJson(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}

function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
