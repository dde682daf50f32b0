import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createClient } from "@hey-api/openapi-ts";
import { afterAll, expect, it } from "vitest";
import config from "../../openapi-ts.config";

const COMMITTED = resolve(__dirname, "../../src/api");
const fresh = mkdtempSync(join(tmpdir(), "mouse-api-"));
afterAll(() => rmSync(fresh, { recursive: true }));

function contents(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return new Map(paths.map((path) => [path.slice(folder.length), readFileSync(path, "utf8")]));
}

it("is what the description of the API makes: after a change of it, run `make types`", async () => {
  const own = await config;
  await createClient({
    ...own,
    input: resolve(__dirname, "../../../server/openapi.json"),
    output: fresh,
    logs: { level: "silent" },
  } as never);
  expect(contents(fresh)).toEqual(contents(COMMITTED));
});
