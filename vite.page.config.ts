/** The page, with its runtime inside: `mpa-fer serve` serves it, and so can any server of files. */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import { defineConfig, type Plugin } from "vite";
import manifest from "./package.json" with { type: "json" };
import { drawnFace, render } from "./src/apps/demo/dataset.ts";
import { allSamples, exampleFaces, exampleFile, type Sample, sampleFile, sampleSide } from "./src/apps/page/samples.ts";

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

const drawnSample = ({ expression, person }: Sample): Promise<Buffer> =>
  render(drawnFace(1, "test", person, expression), sampleSide);

const asWebp = (picture: Sharp): Promise<Buffer> => picture.webp({ quality: 88 }).toBuffer();

/** Picture of the example's faces side by side. */
async function drawnExample(): Promise<Buffer> {
  const faces = await Promise.all(exampleFaces.map(drawnSample));
  const size = { width: faces.length * sampleSide, height: sampleSide, channels: 3 } as const;
  const placed = faces.map((input, i) => ({ input, left: i * sampleSide, top: 0 }));
  return asWebp(sharp({ create: { ...size, background: "#888" } }).composite(placed));
}

/** Draws the sample faces, so that none of them is a file of the repository. */
const drawSamples: Plugin = {
  name: "draw-samples",
  async generateBundle() {
    const drawn = allSamples.map(async (sample) => {
      const source = await asWebp(sharp(await drawnSample(sample)));
      this.emitFile({ type: "asset", fileName: sampleFile(sample), source });
    });
    await Promise.all(drawn);
    this.emitFile({ type: "asset", fileName: exampleFile, source: await drawnExample() });
  },
};

export default defineConfig({
  root: "src/apps/page",
  base: "./",
  plugins: [drawSamples, packWebAssembly],
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
