import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Every browser that runs this page reads woff2: KaTeX's older copies of its fonts stay out of the build. */
const onlyWoff2 = {
  name: "only-woff2",
  enforce: "pre" as const,
  transform: (code: string, id: string) =>
    id.includes("katex.min.css") ? code.replace(/,url\([^)]+\.(woff|ttf)\) format\("\w+"\)/g, "") : null,
};

export default defineConfig({
  plugins: [react(), onlyWoff2],
  base: "./",
  // plotly.js expects Node's name for the global object.
  define: { global: "globalThis" },
  build: {
    outDir: "../server/mouse_dashboard/page",
    emptyOutDir: true,
    // The content security policy allows fonts from files only, never from data: addresses.
    assetsInlineLimit: 0,
    // Plotly is one lazy chunk of this size by nature.
    chunkSizeWarningLimit: 1500,
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000" } },
  test: { include: ["tests/**/*.test.{ts,tsx}"] },
});
