import { describe, expect, it } from "vitest";
import { PLOT_CONFIG, selectionShapes, themedData, themedLayout, withArea, withMargins } from "../../src/lib/plot_look";

const MAP = { type: "heatmap", z: { dtype: "f4", bdata: "AAAA" }, zmin: -2, zmax: 2, colorscale: "Jet" };
const MARKS = { type: "heatmap", showscale: false, colorscale: [[0, "#ff00ff"]] };

describe("the look of a figure", () => {
  it("never touches the data", () => {
    for (const dark of [true, false]) {
      expect(themedData([MAP], { dark, signed: true })[0]).toMatchObject({ z: MAP.z, zmin: -2, zmax: 2 });
    }
  });

  it("parts colours at zero only where both signs mean something", () => {
    const scaleOf = (signed: boolean) => (themedData([MAP], { dark: false, signed })[0] as typeof MAP).colorscale;
    expect(scaleOf(false)).toBe("Viridis");
    expect(scaleOf(true)).toHaveLength(5);
  });

  it("parts the colours of a figure that is centred on zero, and keeps what its colour bar says", () => {
    const own = { ...MAP, zmid: 0, colorbar: { title: { text: "above the map" }, ticksuffix: " rad" } };
    const [shown] = themedData([own], { dark: false, signed: false }) as (typeof own)[];
    expect(shown?.colorscale).toHaveLength(5);
    expect(shown?.colorbar).toMatchObject({ ticksuffix: " rad", thickness: 10 });
    expect(shown?.colorbar.title).toBeUndefined();
  });

  it("leaves the marks of non-finite cells as loud as they came", () => {
    expect(themedData([MARKS], { dark: true, signed: true })).toEqual([MARKS]);
  });

  it("keeps the server's axis titles", () => {
    const layout = themedLayout({ xaxis: { title: { text: "step t" } } }, { dark: false, signed: false });
    expect(layout.xaxis?.title).toEqual({ text: "step t" });
  });

  it("keeps the title of an upright axis off its numbers", () => {
    const layout = themedLayout({ yaxis2: { title: { text: "steps" } }, yaxis: {} }, { dark: false, signed: false });
    expect(layout.yaxis2?.title).toEqual({ text: "steps", standoff: 8 });
    expect(layout.yaxis?.title).toBeUndefined();
  });

  it("shows exactly the area drawn, the first row on top, whole ticks when few", () => {
    const { xaxis, yaxis } = withArea({}, { rows: [0, 32], steps: [4, 6] });
    expect(xaxis).toMatchObject({ range: [3.5, 5.5], dtick: 1 });
    expect(yaxis?.range).toEqual([31.5, -0.5]);
    expect(yaxis?.dtick).toBeUndefined();
  });

  it("looks for room for labels where margins are not fixed", () => {
    const layout = themedLayout({}, { dark: false, signed: false });
    expect(layout.yaxis?.automargin).toBe(true);
    const fixed = withMargins(layout);
    expect([fixed.xaxis?.automargin, fixed.yaxis?.automargin]).toEqual([false, false]);
    expect(fixed.margin?.l).toBeGreaterThan(layout.margin?.l ?? 0);
  });

  it("outlines the selected cell", () => {
    const box = selectionShapes({ rows: [3, 4], steps: [8, 12] }, false).find(({ type }) => type === "rect");
    expect(box).toMatchObject({ x0: 7.5, x1: 11.5, y0: 2.5, y1: 3.5 });
  });
});

it("sends nothing anywhere", () => {
  expect(PLOT_CONFIG).toMatchObject({ showSendToCloud: false, displaylogo: false });
});

it("gives every axis the page's lines and every bare line its ink", () => {
  const given = {
    yaxis2: { domain: [0, 0.5] },
    shapes: [{ type: "line" }, { type: "line", line: { color: "#123456" } }],
  };
  const layout = themedLayout(given, { dark: true, signed: false }) as Record<string, Record<string, unknown>> & {
    shapes: { line: { color: string } }[];
  };
  expect(layout.yaxis2).toMatchObject({ domain: [0, 0.5], zeroline: false, gridcolor: layout.xaxis?.gridcolor });
  expect(layout.shapes.map(({ line }) => line.color)).toEqual(["#ffffff", "#123456"]);
});
