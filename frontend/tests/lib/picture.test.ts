import type { Layout } from "plotly.js";
import { describe, expect, it } from "vitest";
import { captioned, wrapText } from "../../src/lib/picture";

describe("wrap", () => {
  it("breaks between words and keeps every word", () => {
    expect(wrapText("one two three four", 9)).toEqual(["one two", "three", "four"]);
  });

  it("leaves a word alone that is longer than a line", () => {
    expect(wrapText("a extraordinarily b", 4)).toEqual(["a", "extraordinarily", "b"]);
  });
});

describe("captioned", () => {
  const layout: Partial<Layout> = { margin: { t: 8, b: 40 }, xaxis: { range: [0, 1] } };
  const size = { width: 400, height: 200 };

  it("makes room above the figure and leaves the rest as it is", () => {
    const made = captioned(layout, size, "Map", ["one", "two"], false);
    const head = (made.height as number) - 207;
    expect(head).toBeGreaterThan(40);
    expect(made.margin).toEqual({ t: 8 + head, b: 47 });
    expect(made.xaxis).toEqual(layout.xaxis);
    expect(made.width).toBe(400);
  });

  it("stands on the opaque ground of its scheme", () => {
    expect(captioned(layout, size, "", [], false).paper_bgcolor).toBe("#ffffff");
    expect(captioned(layout, size, "", [], true).paper_bgcolor).toBe("#15181c");
  });

  it("shows a name with tags in it as it is", () => {
    const made = captioned(layout, size, "a<b", ["x & <i>"], false);
    expect(JSON.stringify(made.title)).toContain("x &amp; &lt;i&gt;");
    expect(JSON.stringify(made.title)).toContain("a&lt;b");
  });
});
