import { defineConfig } from "@hey-api/openapi-ts";

/** The page's client of the server, generated whole from the description of its API: nothing in src/api is typed by hand. */
export default defineConfig({
  input: "../server/openapi.json",
  output: { path: "src/api", clean: true },
  plugins: [
    { name: "@hey-api/client-fetch", throwOnError: true },
    "@hey-api/typescript",
    { name: "@hey-api/sdk", responseStyle: "data" },
  ],
});
