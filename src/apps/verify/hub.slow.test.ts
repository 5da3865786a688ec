/** Verification of a model that a local hub has under the name of a published one. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { HubServer } from "../../../test/hubServer.ts";
import { fixtures } from "../../../test/parity.ts";
import { pickled } from "../../../test/weightParts.ts";
import { readTensorFile } from "../../clip/weights.node.ts";
import { verifySchema } from "./options.ts";
import { verify } from "./verify.ts";

const repo = "openai/clip-vit-base-patch16";
let hub: HubServer;
let cache: string;

beforeAll(async () => {
  const fixture = join(fixtures, "tiny-clip");
  const { tensors } = await readTensorFile(join(fixture, "model.safetensors"));
  const texts = ["config.json", "preprocessor_config.json", "tokenizer_config.json", "vocab.json", "merges.txt"];
  const files = Object.fromEntries(
    await Promise.all(texts.map(async (name) => [name, await readFile(join(fixture, name))] as const)),
  );
  const all = { ...files, "pytorch_model.bin": pickled(tensors) };
  hub = new HubServer({ files: all, large: ["pytorch_model.bin"], repo, commit: "2".repeat(40) });
  cache = await mkdtemp(join(tmpdir(), "mpa-fer-verify-hub-"));
  vi.stubEnv("HF_ENDPOINT", await hub.listen());
  vi.stubEnv("HF_HUB_CACHE", cache);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await hub.close();
  await rm(cache, { recursive: true });
});

it("holds the file as it was downloaded, not its conversion, against what the name promises", async () => {
  const { published, weights, sha256, checks } = await verify(
    verifySchema.config.parse({ backbone: repo, threads: 1 }),
  );
  expect(published).toBe(repo);
  expect(weights).toMatchObject({ file: "pytorch_model.bin", sha256: hub.etag("pytorch_model.bin") });
  expect(sha256).not.toBe(weights?.sha256);
  const states = new Map(checks.map((check) => [check.check, check]));
  expect(states.get("SHA-256 of pytorch_model.bin")).toMatchObject({
    expected: "ec89c7b09c749a60… (598,641,023 bytes)",
    state: "failed",
  });
  expect(states.get("sizes")?.state).toBe("failed");
  expect(states.get("shapes of the tensors")?.state).toBe("ok");
  expect(states.has("activation that suits the weights")).toBe(false);
});
