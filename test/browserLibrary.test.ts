/** Browser bundle of the library: its size, no Node modules, and how bundlers resolve `mpa-fer`. */
import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type InlineConfig } from "vite";
import { expect, it } from "vitest";

const repository = join(import.meta.dirname, "..");
const library = join(repository, "vite.library.config.ts");

/** File that a build produces. */
async function onlyFile(config: InlineConfig) {
  const built = await build({ logLevel: "error", ...config });
  const [{ output }] = Array.isArray(built) ? built : [];
  expect(output.length).toBe(1);
  return output[0];
}

it("is under 200 kB gzipped without the runtime, and imports nothing but the runtime", async () => {
  const entry = await onlyFile({ configFile: library, build: { write: false } });
  expect(gzipSync(entry.code).length).toBeLessThan(200_000);
  expect([...entry.imports, ...entry.dynamicImports].sort()).toEqual([
    "onnxruntime-web/wasm",
    "onnxruntime-web/webgpu",
  ]);
  expect(entry.exports).toEqual(expect.arrayContaining(["ExpressionRecognizer", "MpaError", "ferClasses", "teach"]));
});

it.each(["mpa-fer", "mpa-fer/browser"])("is what a bundler for browsers finds as %s", async (name) => {
  const folder = await mkdtemp(join(tmpdir(), "bundle-"));
  try {
    const installed = join(folder, "node_modules", "mpa-fer");
    await build({ configFile: library, logLevel: "error", build: { outDir: join(installed, "dist/browser") } });
    await cp(join(repository, "package.json"), join(installed, "package.json"));
    await symlink(join(repository, "node_modules/onnxruntime-web"), join(folder, "node_modules/onnxruntime-web"));
    await writeFile(join(folder, "main.js"), `export { ExpressionRecognizer, teach } from "${name}";`);
    const lib = { entry: "main.js", formats: ["es" as const] };
    const rolldownOptions = { external: /^onnxruntime-web/ };
    const entry = await onlyFile({ root: folder, configFile: false, build: { write: false, lib, rolldownOptions } });
    expect(entry.exports).toEqual(["ExpressionRecognizer", "teach"]);
    expect(entry.code).not.toMatch(/"node:|onnxruntime-node|"sharp"/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
