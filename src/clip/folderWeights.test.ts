import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { inParts, pickled, singleFile } from "../../test/weightParts.ts";
import { openBackbone } from "./backbone.node.ts";
import { readTensorFile } from "./weights.node.ts";

const fixtures = join(import.meta.dirname, "../../test/fixtures");
type Tensors = Awaited<ReturnType<typeof readTensorFile>>["tensors"];

let root: string;
let folder: string;
let tensors: Tensors;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "mpa-fer-folders-"));
  vi.stubEnv("XDG_CACHE_HOME", join(root, "cache"));
  folder = join(root, "my clip");
  await cp(join(fixtures, "tiny-clip"), folder, { recursive: true });
  tensors = (await readTensorFile(join(folder, "model.safetensors"))).tensors;
  await rm(join(folder, "model.safetensors"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true });
});

const put = (name: string, content: string | Uint8Array) => writeFile(join(folder, name), content);

const putParts = async (...kind: Parameters<typeof inParts> extends [unknown, ...infer Rest] ? Rest : never) => {
  for (const [name, bytes] of Object.entries(inParts(tensors, ...kind))) await put(name, bytes);
};
const putShards = () => putParts(["model", ".safetensors"], singleFile);

describe.each<[string, () => Promise<void>]>([
  [
    "pytorch_model.bin as PyTorch writes it",
    () => cp(join(fixtures, "convert/pytorch_model.bin"), join(folder, "pytorch_model.bin")),
  ],
  ["pytorch_model.bin", () => put("pytorch_model.bin", pickled(tensors))],
  ["pytorch_model.bin.index.json", () => putParts(["pytorch_model", ".bin"], pickled)],
  ["model.safetensors.index.json", putShards],
])("a folder with %s", (_, prepare) => {
  it("opens like one with model.safetensors, and is converted once", async () => {
    await prepare();
    const notices: string[] = [];
    const context = { notice: (line: string) => notices.push(line) };
    const backbone = await openBackbone(folder, context);
    for (const [name, { data }] of tensors) expect(await backbone.clip.weights.values(name), name).toEqual(data);
    expect(notices).toEqual([expect.stringMatching(/my clip.* is read once, and kept as safetensors in .*converted/)]);
    expect((await openBackbone(folder, context)).sha256).toBe(backbone.sha256);
    expect(notices.length).toBe(1);
    expect((await readdir(folder)).includes("model.safetensors")).toBe(false);
  });
});

describe("a cached conversion", () => {
  const madeFile = async () => {
    const made = join(root, "cache/mpa-fer/converted");
    const [key, ...more] = await readdir(made);
    expect(more).toEqual([]);
    return join(made, key, "model.safetensors");
  };

  it("is repeated if the file is corrupt", async () => {
    await putShards();
    const { sha256 } = await openBackbone(folder);
    const made = await madeFile();
    await writeFile(made, (await readFile(made)).subarray(0, 5000));
    const notices: string[] = [];
    expect((await openBackbone(folder, { notice: (line) => notices.push(line) })).sha256).toBe(sha256);
    expect(notices[0]).toMatch(/broken in the cache/);
  });

  it("is not used for another file of the same name", async () => {
    await putShards();
    const { sha256 } = await openBackbone(folder);
    const shard = join(folder, "model-00001-of-00002.safetensors");
    const bytes = await readFile(shard);
    bytes[bytes.length - 4] ^= 1;
    await writeFile(shard, bytes);
    expect((await openBackbone(folder)).sha256).not.toBe(sha256);
  });

  it("leaves no files if it fails", async () => {
    await put("pytorch_model.bin", "stand-in: any file that PyTorch saved");
    await expect(openBackbone(folder)).rejects.toMatchObject({
      code: "WEIGHTS",
      message: expect.stringMatching(/no zip archive.*pytorch_model\.bin.*\. Fix: save it with PyTorch 1\.6/),
    });
    expect(await readdir(join(root, "cache/mpa-fer/converted")).catch(() => [])).toEqual([]);
  });
});

describe("an index", () => {
  const refused = (code: string, message: RegExp) =>
    expect(openBackbone(folder)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  const index = (weight_map: unknown) => put("model.safetensors.index.json", JSON.stringify({ weight_map }));

  it.each([
    "../model.safetensors",
    "/etc/passwd.safetensors",
    "a/b.safetensors",
    "a\\b.safetensors",
    "pytorch_model.bin",
    "..",
    "",
  ])("must not name %j", async (name) => {
    await index({ logit_scale: name });
    await refused("WEIGHTS", /which is no \.safetensors file beside it/);
  });

  it("must name existing shards and all tensors", async () => {
    await putShards();
    await rm(join(folder, "model-00002-of-00002.safetensors"));
    await refused("WEIGHTS", /model-00002-of-00002\.safetensors/);
    await index({ logit_scale: "model-00001-of-00002.safetensors" });
    await refused("MODEL", /the model has no text_model/);
    await mkdir(join(folder, "a.safetensors"));
    await index({ logit_scale: "a.safetensors" });
    await refused("WEIGHTS", /"a\.safetensors" is not there/);
  });

  it("is limited in shards and objects", async () => {
    await index({});
    await refused("WEIGHTS", /no weights/);
    await index(Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`t${i}`, `${i}.safetensors`])));
    await refused("WEIGHTS", /more than 200 files/);
    await put("model.safetensors.index.json", `{"weight_map":{"a":[${"{},".repeat(200_000)}{}]}}`);
    await refused("WEIGHTS", /more than 30000 objects and lists/);
  });
});

describe("a folder without supported weights", () => {
  it.each([
    [
      "open_clip_pytorch_model.bin",
      /"open_clip_pytorch_model.bin".*run npx mpa-fer convert '.*my clip\/open_clip_pytorch_model.bin' --out NEW/,
    ],
    ["ViT-B-16.pt", /run npx mpa-fer convert '.*ViT-B-16\.pt'/],
    ["model.fp16.safetensors", /run npx mpa-fer convert '.*model\.fp16\.safetensors'/],
    ["flax_model.msgpack", /it has .*"flax_model\.msgpack".*save_pretrained/],
    ["model-00001-of-00002.safetensors", /save_pretrained/],
  ])("with %s is rejected with the expected files, its content and a remedy", async (name, message) => {
    await put(name, "");
    await expect(openBackbone(folder)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringMatching(message),
    });
    await expect(openBackbone(folder)).rejects.toThrow(
      /none of model\.safetensors, model\.safetensors\.index\.json, pytorch_model\.bin, pytorch_model\.bin\.index\.json/,
    );
  });

  it("in OpenCLIP's layout is rejected with the convert command", async () => {
    await rm(join(folder, "config.json"));
    await put("open_clip_config.json", "{}");
    await put("model.safetensors", "");
    await expect(openBackbone(folder)).rejects.toThrow(
      /has no config\.json; it has .*run npx mpa-fer convert '.*model\.safetensors'/,
    );
  });
});
