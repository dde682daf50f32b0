import { expect, it } from "vitest";
import { parseValue } from "../../src/lib/typed";

it.each([
  ["0.9", 0.9],
  [" 2 ", 2],
  ["-1e-3", -0.001],
  [".5", 0.5],
  ["5.", 5],
  ["true", true],
  ["false", false],
])("reads %s as what it means", (text, value) => {
  expect(parseValue(text)).toBe(value);
});

it.each(["", "abc", "NaN", "Infinity", "1e400", "0x10", "1,5", "1e", "--1"])(
  "leaves %s as text for the server to refuse",
  (text) => {
    expect(parseValue(text)).toBe(text);
  },
);
