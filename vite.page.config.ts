/** The page, with its runtime inside: `mpa-fer serve` serves it, and so can any server of files. */
import { defineConfig } from "vite";
import manifest from "./package.json" with { type: "json" };

export default defineConfig({
  root: "src/page",
  base: "./",
  define: { packageVersion: JSON.stringify(manifest.version) },
  worker: {
    format: "es",
    // Each thread of WebAssembly loads the runtime's file again: nothing of the worker may hang on it.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "shared", test: /rolldown.runtime/ }] } } },
  },
  build: {
    outDir: "../../dist/page",
    emptyOutDir: true,
    target: "es2023",
    chunkSizeWarningLimit: 1000,
    rolldownOptions: {
      input: ["src/page/index.html", "src/page/offline/serviceWorker.ts"],
      output: {
        // Its address must stay, and it must lie above what it answers for.
        entryFileNames: ({ name }) => (name === "serviceWorker" ? "serviceWorker.js" : "assets/[name]-[hash].js"),
      },
    },
  },
});
