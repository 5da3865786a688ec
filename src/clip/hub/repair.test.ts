/** Repair of corrupt cached files when a backbone is opened, with a local hub. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { HubServer } from "../../../test/hubServer.ts";
import { fixtures } from "../../../test/parity.ts";
import { inParts, pickled, singleFile } from "../../../test/weightParts.ts";
import { offlineVariable } from "../../platform/network.node.ts";
import { openBackbone } from "../backbone.node.ts";
import { readTensorFile } from "../weights.node.ts";
import type { TensorFile } from "../weights.ts";

const fixture = join(fixtures, "tiny-clip");
const names = [
  "config.json",
  "preprocessor_config.json",
  "tokenizer_config.json",
  "vocab.json",
  "merges.txt",
  "model.safetensors",
];
let server: HubServer;
let cache: string;
beforeAll(async () => {
  const files = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(fixture, name))] as const)),
  );
  server = new HubServer({ files, large: ["model.safetensors"], repo: "someone/clip", commit: "0".repeat(40) });
  cache = await mkdtemp(join(tmpdir(), "mpa-fer-repair-"));
  vi.stubEnv("HF_ENDPOINT", await server.listen());
  vi.stubEnv("HF_HUB_CACHE", cache);
});
afterEach(() => vi.stubEnv(offlineVariable, ""));
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.close();
  await rm(cache, { recursive: true });
});

const blob = (name: string) => join(cache, "models--someone--clip", "blobs", server.etag(name));

it.each([
  ["model.safetensors", 200_000],
  ["model.safetensors", 3],
  ["config.json", 0],
  ["vocab.json", 5],
])("downloads %s again with a notice if its byte %i changed", async (name, place) => {
  await openBackbone("someone/clip");
  await writeFile(
    blob(name),
    (await readFile(blob(name))).map((byte, i) => (i === place ? byte ^ 0x41 : byte)),
  );
  const notices: string[] = [];
  const { sha256 } = await openBackbone("someone/clip", { notice: (line) => notices.push(line) });
  expect(sha256).toBe(server.etag("model.safetensors"));
  expect(notices).toEqual([expect.stringMatching(/someone\/clip is broken in the cache/)]);
});

it("rejects a corrupt model in offline mode", async () => {
  await openBackbone("someone/clip");
  await writeFile(
    blob("model.safetensors"),
    (await readFile(blob("model.safetensors"))).map((byte, i) => (i === 200_000 ? byte ^ 1 : byte)),
  );
  vi.stubEnv(offlineVariable, "1");
  await expect(openBackbone("someone/clip")).rejects.toMatchObject({ code: "NETWORK" });
});

it.each<[string, (tensors: TensorFile["tensors"]) => Record<string, Uint8Array>]>([
  ["pickled weights", (tensors) => ({ "pytorch_model.bin": pickled(tensors) })],
  ["sharded weights", (tensors) => inParts(tensors, ["model", ".safetensors"], singleFile)],
  ["sharded pickled weights", (tensors) => inParts(tensors, ["pytorch_model", ".bin"], pickled)],
])("downloads and converts a model with %s once", async (_, weights) => {
  const { tensors } = await readTensorFile(join(fixture, "model.safetensors"));
  const texts = names.filter((name) => name !== "model.safetensors");
  const made = weights(tensors);
  const files = {
    ...made,
    ...Object.fromEntries(
      await Promise.all(texts.map(async (name) => [name, await readFile(join(fixture, name))] as const)),
    ),
    "model-00001-of-00009.gguf": new Uint8Array(5),
  };
  const large = Object.keys(made).filter((name) => !name.endsWith(".json"));
  const parts = new HubServer({ files, large, repo: "someone/parts", commit: "1".repeat(40) });
  vi.stubEnv("HF_ENDPOINT", await parts.listen());
  vi.stubEnv("HF_HUB_CACHE", await mkdtemp(join(cache, "parts-")));
  const { clip, sha256 } = await openBackbone("someone/parts");
  for (const [name, { data }] of tensors) expect(await clip.weights.values(name), name).toEqual(data);
  parts.requests.length = 0;
  expect((await openBackbone("someone/parts")).sha256).toBe(sha256);
  expect(parts.requests).toEqual([]);
  await parts.close();
});
