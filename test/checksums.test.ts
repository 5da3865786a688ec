import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { shippedHashes } from "../src/apps/verify/bundledFiles.ts";
import { packageFile, sha256 } from "../src/platform/package.node.ts";
import { checksums } from "../tools/package/checksums.ts";

const models = packageFile("models");

it("models/SHA256SUMS has the hashes of the bundled files; after a model was replaced: npm run checksums", async () => {
  expect(await readFile(join(models, "SHA256SUMS"), "utf8")).toBe(await checksums(models));
});

it("hashes are of the files of a bundled model, and of no other folder", async () => {
  const hashes = await shippedHashes(join(models, "faceclip-mini"));
  expect(hashes?.get("model.safetensors")).toBe(
    sha256(await readFile(join(models, "faceclip-mini/model.safetensors"))),
  );
  expect(hashes?.has("model.onnx")).toBe(false);
  expect(await shippedHashes(models)).toBeUndefined();
  expect(await shippedHashes(packageFile("test/fixtures/tiny-clip"))).toBeUndefined();
});
