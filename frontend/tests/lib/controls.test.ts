import { describe, expect, it } from "vitest";
import { type Control, controlsOf, isDefault, type NumberControl } from "../../src/lib/controls";

function only(property: Record<string, unknown>): Control | undefined {
  return controlsOf({ type: "object", properties: { field: property } })[0];
}

function numberOf(property: Record<string, unknown>): NumberControl {
  const control = only({ type: "number", ...property });
  if (control?.kind !== "number") throw new Error("not a number control");
  return control;
}

describe("controlsOf", () => {
  it("keeps the order of the schema", () => {
    const names = controlsOf({ properties: { b: { type: "number" }, a: { type: "boolean" } } }).map(({ name }) => name);
    expect(names).toEqual(["b", "a"]);
  });

  it("makes a number of a number, with bounds in words and the slider's hint", () => {
    const gamma = numberOf({
      default: 0.99,
      minimum: 0,
      maximum: 1,
      description: "Discount.",
      slider: { low: 0, high: 1, scale: "linear" },
    });
    expect(gamma).toEqual({
      name: "field",
      doc: "Discount.",
      kind: "number",
      default: 0.99,
      integer: false,
      bounds: "0 to 1",
      slider: { low: 0, high: 1, scale: "linear" },
    });
  });

  it("knows an open bound from a closed one", () => {
    const temperature = numberOf({ default: 1, exclusiveMinimum: 0, slider: { low: 0.01, high: 100, scale: "log" } });
    expect(temperature.bounds).toBe("> 0");
    expect(temperature.slider).toEqual({ low: 0.01, high: 100, scale: "log" });
    expect(numberOf({ minimum: 0 }).bounds).toBe("\u2265 0");
  });

  it("finds something to drag through without a hint", () => {
    expect(numberOf({ default: 0.5, minimum: 0, maximum: 1 }).slider).toEqual({ low: 0, high: 1, scale: "linear" });
    expect(numberOf({ default: 0.5, slider: { low: 0, high: 1, scale: "one_minus_log" } }).slider.scale).toBe(
      "one_minus_log",
    );
    expect(numberOf({ default: 0.5, slider: { low: 0, high: 1, scale: "from a later version" } }).slider.scale).toBe(
      "linear",
    );
    expect(numberOf({ default: 3 }).slider).toEqual({ low: -30, high: 33, scale: "linear" });
  });

  it("does not take a logarithm of zero", () => {
    expect(numberOf({ default: 1, slider: { low: 0, high: 10, scale: "log" } }).slider.scale).toBe("linear");
  });

  it("makes a switch of a boolean and a select of an enum, through a reference too", () => {
    expect(only({ type: "boolean", default: true })).toMatchObject({ kind: "switch", default: true });
    expect(only({ type: "string", enum: ["mse", "mae"], default: "mse" })).toMatchObject({
      kind: "select",
      options: ["mse", "mae"],
      default: "mse",
    });
    const [control] = controlsOf({
      $defs: { Kind: { type: "string", enum: ["ce", "js"] } },
      properties: { loss_type: { $ref: "#/$defs/Kind", default: "js" } },
    });
    expect(control).toMatchObject({ kind: "select", options: ["ce", "js"], default: "js" });
  });

  it("leaves out what nobody can edit", () => {
    expect(only({ type: "object" })).toBeUndefined();
    expect(controlsOf({})).toEqual([]);
  });
});

it("isDefault compares values, not looks", () => {
  const weight = numberOf({ default: 1 });
  expect(isDefault(weight, 1)).toBe(true);
  expect(isDefault(weight, "1")).toBe(false);
});
