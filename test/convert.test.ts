/** Models in OpenAI's and OpenCLIP's files give the features after conversion that OpenCLIP gives for them. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openBackbone } from "../src/clip/backbone.node.ts";
import { type ConvertOptions, convert } from "../src/clip/convert/convert.node.ts";
import { readTensorFile } from "../src/clip/weights.node.ts";
import { fixtures, readFixture, relativeError, tolerance } from "./parity.ts";
import { featuresOf } from "./sourceFeatures.ts";

const source = join(fixtures, "convert");
let folder: string;
let out: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-convert-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  out = join(folder, Math.random().toString(36).slice(2));
});

const openclipConfig = { openClipConfig: join(source, "openclip.json") };

describe.each<[name: string, file: string, options: Partial<ConvertOptions>, activation: string]>([
  ["openai", "openai.pt", {}, "quick_gelu"],
  ["openclip", "openclip.pt", openclipConfig, "gelu"],
  ["openclip-config", "openclip.safetensors", {}, "quick_gelu"],
])("%s", (name, file, options, activation) => {
  it("gives the source's features", async () => {
    const result = await convert({ file: join(source, file), out, ...options });
    expect(result.activation).toBe(activation);
    const backbone = await openBackbone(out);
    const fixture = await readFixture(`convert/${name}-features.safetensors`);
    const results = await featuresOf(backbone, fixture);
    for (const kind of ["image", "text"]) {
      expect(relativeError(results[kind], fixture(kind)), kind).toBeLessThan(tolerance);
    }
    expect(backbone.clip.scale).toBeCloseTo(Math.exp(3), 1);
    expect(backbone.tokenizer.vocabularySize).toBe(624);
  });
});

it("takes mean and deviation from the config", async () => {
  await convert({ file: join(source, "openclip.safetensors"), out });
  const { preprocess } = await openBackbone(out);
  expect(preprocess).toMatchObject({ imageSize: 32, mean: [0.5, 0.4, 0.3], std: [0.25, 0.25, 0.5] });
});

it("warns where the weights do not say their activation", async () => {
  const notices: string[] = [];
  const file = join(folder, "openclip.pt");
  await cp(join(source, "openclip.pt"), file);
  for (const name of ["vocab.json", "merges.txt"]) await cp(join(source, name), join(folder, name));
  await convert({ file, out }, { notice: (line) => notices.push(line) });
  expect(notices).toEqual([expect.stringMatching(/gelu is taken.*--activation quick_gelu/)]);
});

describe("a CLIPModel's pickled weights", () => {
  const pickledFolder = async () => {
    const pickled = await mkdtemp(join(folder, "pickled-"));
    await cp(join(fixtures, "tiny-clip"), pickled, { recursive: true });
    await rm(join(pickled, "model.safetensors"));
    await cp(join(source, "pytorch_model.bin"), join(pickled, "pytorch_model.bin"));
    return join(pickled, "pytorch_model.bin");
  };

  it("become the same folder with safetensors", async () => {
    const { activation } = await convert({ file: await pickledFolder(), out });
    expect(activation).toBe("quick_gelu");
    await openBackbone(out);
    const [before, after] = await Promise.all(
      [join(fixtures, "tiny-clip"), out].map((each) => readTensorFile(join(each, "model.safetensors"))),
    );
    expect([...after.tensors.keys()].sort()).toEqual([...before.tensors.keys()].sort());
    for (const [name, { data }] of before.tensors) expect(after.tensors.get(name)?.data, name).toEqual(data);
  });

  it("need the config.json beside them, and no other word of what they are", async () => {
    const file = await pickledFolder();
    await expect(convert({ file, out, activation: "gelu" })).rejects.toMatchObject({ code: "USAGE" });
    await rm(join(file, "../config.json"));
    await expect(convert({ file, out })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringMatching(
        /there is no config\.json, .*config\.json, put the CLIPModel's config\.json beside/,
      ),
    });
  });
});

describe("what cannot be converted", () => {
  const refused = async (file: string, code: string, message: RegExp) => {
    await expect(convert({ file, out })).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp") || join(folder, name) === out)).toEqual([]);
  };

  it("is no archive", async () => {
    const file = join(folder, "text.pt");
    await writeFile(file, "no archive");
    await refused(file, "WEIGHTS", /no zip archive/);
  });

  it("is not there", () => refused(join(folder, "nowhere.pt"), "NOT_FOUND", /nowhere\.pt/));

  it("is truncated", async () => {
    const file = join(folder, "cut.pt");
    const bytes = await readFile(join(source, "openai.pt"));
    await writeFile(file, bytes.subarray(0, bytes.length / 2));
    await refused(file, "WEIGHTS", /no zip archive/);
  });

  it("is another kind of model", () =>
    refused(join(fixtures, "method", "mpa.safetensors"), "MODEL", /no visual\.conv1\.weight/));

  it("would overwrite something", async () => {
    await expect(convert({ file: join(source, "openai.pt"), out: source })).rejects.toMatchObject({ code: "WRITE" });
  });
});
