/** The library's file for browsers: small, and without anything of Node. */
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { expect, it } from "vitest";

it("is under 200 kB gzipped without the runtime, and imports nothing but the runtime", async () => {
  const built = await build({ configFile: "vite.library.config.ts", logLevel: "error", build: { write: false } });
  const [{ output }] = Array.isArray(built) ? built : [];
  expect(output.length).toBe(1);
  const [entry] = output;
  expect(gzipSync(entry.code).length).toBeLessThan(200_000);
  expect([...entry.imports, ...entry.dynamicImports].sort()).toEqual([
    "onnxruntime-web/wasm",
    "onnxruntime-web/webgpu",
  ]);
  expect(entry.exports).toEqual(expect.arrayContaining(["ExpressionRecognizer", "MpaError", "ferClasses", "teach"]));
});
