/** The page, with its runtime inside: `mpa-fer serve` serves it, and so can any server of files. */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { defineConfig, type Plugin } from "vite";
import manifest from "./package.json" with { type: "json" };

/** Leaves each file of WebAssembly as `NAME.gz`, which `unpackRuntime` reads: a quarter of the size, on any server of files. */
const packWebAssembly: Plugin = {
  name: "pack-webassembly",
  async writeBundle({ dir = "." }) {
    const assets = join(dir, "assets");
    const files = (await readdir(assets)).filter((name) => name.endsWith(".wasm")).map((name) => join(assets, name));
    await Promise.all(
      files.map(async (file) => {
        await writeFile(`${file}.gz`, await promisify(gzip)(await readFile(file)));
        await rm(file);
      }),
    );
  },
};

export default defineConfig({
  root: "src/apps/page",
  base: "./",
  plugins: [packWebAssembly],
  define: { packageVersion: JSON.stringify(manifest.version) },
  worker: {
    format: "es",
    // Each thread of WebAssembly loads the runtime's file again: nothing of the worker may hang on it.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "shared", test: /rolldown.runtime/ }] } } },
  },
  build: {
    outDir: "../../../dist/page",
    emptyOutDir: true,
    target: "es2023",
    chunkSizeWarningLimit: 1000,
    rolldownOptions: {
      input: ["src/apps/page/index.html", "src/apps/page/offline/serviceWorker.ts"],
      output: {
        // Its address must stay, and it must lie above what it answers for.
        entryFileNames: ({ name }) => (name === "serviceWorker" ? "serviceWorker.js" : "assets/[name]-[hash].js"),
      },
    },
  },
});
