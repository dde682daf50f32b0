import { readFileSync } from "node:fs";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { dependencies } from "./package.json";

/** Every browser that runs this page reads woff2: KaTeX's older copies of its fonts stay out of the build. */
const onlyWoff2 = {
  name: "only-woff2",
  enforce: "pre" as const,
  transform: (code: string, id: string) =>
    id.includes("katex.min.css") ? code.replace(/,url\([^)]+\.(woff|ttf)\) format\("\w+"\)/g, "") : null,
};

/** Vite collects the licences of what it bundles as code; fonts it copies. */
const licensesOfFonts = {
  name: "licenses-of-fonts",
  generateBundle(this: { emitFile: (file: { type: "asset"; fileName: string; source: string }) => unknown }) {
    for (const name of Object.keys(dependencies).filter((name) => name.startsWith("@fontsource"))) {
      const source = `## ${name} (OFL-1.1)\n\n${readFileSync(`node_modules/${name}/LICENSE`, "utf8")}`;
      this.emitFile({ type: "asset", fileName: `licenses-${name.split("/")[1]}.md`, source });
    }
  },
};

export default defineConfig({
  plugins: [react(), onlyWoff2, licensesOfFonts],
  base: "./",
  // plotly.js expects Node's name for the global object.
  define: { global: "globalThis" },
  build: {
    outDir: "../server/mouse_dashboard/page",
    emptyOutDir: true,
    // The licences of all that is bundled ask for their text to travel along; `mouse licenses` prints it.
    license: { fileName: "licenses.md" },
    // The content security policy allows fonts from files only, never from data: addresses.
    assetsInlineLimit: 0,
    // Plotly is one lazy chunk of this size by nature.
    chunkSizeWarningLimit: 1500,
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000" } },
  // One worker runs all files one after the other: to import everything for each again took four times as long.
  test: { include: ["tests/**/*.test.{ts,tsx}"], isolate: false },
});
