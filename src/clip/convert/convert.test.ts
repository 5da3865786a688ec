/** Models in OpenAI's and OpenCLIP's files give the features after conversion that OpenCLIP gives for them. */
import { execFileSync } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { quickGelu, type ReferenceOptions, referenceFeatures } from "../../../test/openClipReference.ts";
import { fixtures, readFixture, relativeError, tolerance } from "../../../test/parity.ts";
import { featuresOf } from "../../../test/sourceFeatures.ts";
import { singleFile } from "../../../test/weightParts.ts";
import { openBackbone } from "../backbone.node.ts";
import { readTensorFile } from "../weights.node.ts";
import { type ConvertOptions, convert } from "./convert.node.ts";

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
  it("reproduces the source's features", async () => {
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

describe("the epsilon of layer norms", () => {
  const reference = async (epsilon: ReferenceOptions["epsilon"]) => {
    const { tensors } = await readTensorFile(join(source, "openclip.safetensors"));
    const fixture = await readFixture("convert/openclip-config-features.safetensors");
    const options = { tensors, heads: 2, epsilon, activation: quickGelu };
    return { fixture, expected: referenceFeatures(options, fixture("pixels"), fixture("tokens")) };
  };

  it("has a reference that reproduces OpenCLIP's features", async () => {
    const { fixture, expected } = await reference({ vision: 1e-5, text: 1e-5 });
    for (const kind of ["image", "text"] as const) {
      expect(relativeError(expected[kind], fixture(kind)), kind).toBeLessThan(tolerance);
    }
  });

  it("is read from norm_kwargs of each tower", async () => {
    const epsilon = { vision: 0.3, text: 0.05 };
    const config = JSON.parse(await readFile(join(source, "open_clip_config.json"), "utf8"));
    config.model_cfg.vision_cfg.norm_kwargs = { eps: epsilon.vision };
    config.model_cfg.text_cfg.norm_kwargs = { eps: epsilon.text };
    const openClipConfig = join(folder, "epsilon.json");
    await writeFile(openClipConfig, JSON.stringify(config));
    await convert({ file: join(source, "openclip.safetensors"), out, openClipConfig });
    const { fixture, expected } = await reference(epsilon);
    const found = await featuresOf(await openBackbone(out), fixture);
    for (const kind of ["image", "text"] as const) {
      const data = Float32Array.from(expected[kind]);
      expect(relativeError(found[kind], { data }), kind).toBeLessThan(tolerance);
      // The numbers tell one epsilon from the other.
      expect(relativeError(found[kind], fixture(kind)), kind).toBeGreaterThan(20 * tolerance);
    }
  });
});

it("reads mean and standard deviation from the config", async () => {
  await convert({ file: join(source, "openclip.safetensors"), out });
  const { preprocess } = await openBackbone(out);
  expect(preprocess).toMatchObject({ imageSize: 32, mean: [0.5, 0.4, 0.3], std: [0.25, 0.25, 0.5] });
});

it("reads the resize mode and filter from the config", async () => {
  const config = JSON.parse(await readFile(join(source, "open_clip_config.json"), "utf8"));
  config.preprocess_cfg = { ...config.preprocess_cfg, interpolation: "bilinear", resize_mode: "squash" };
  const openClipConfig = join(folder, "squash.json");
  await writeFile(openClipConfig, JSON.stringify(config));
  await convert({ file: join(source, "openclip.safetensors"), out, openClipConfig });
  const { preprocess } = await openBackbone(out);
  expect(preprocess).toMatchObject({ filter: "bilinear", resize: { width: 32, height: 32 }, crop: undefined });
});

it("warns if the activation of the weights is unknown", async () => {
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

  it("are converted to the same folder with safetensors", async () => {
    const { activation } = await convert({ file: await pickledFolder(), out });
    expect(activation).toBe("quick_gelu");
    await openBackbone(out);
    const [before, after] = await Promise.all(
      [join(fixtures, "tiny-clip"), out].map((each) => readTensorFile(join(each, "model.safetensors"))),
    );
    expect([...after.tensors.keys()].sort()).toEqual([...before.tensors.keys()].sort());
    for (const [name, { data }] of before.tensors) expect(after.tensors.get(name)?.data, name).toEqual(data);
  });

  it("require config.json and reject options that contradict it", async () => {
    const file = await pickledFolder();
    await expect(convert({ file, out, activation: "gelu" })).rejects.toMatchObject({ code: "USAGE" });
    await rm(join(file, "../config.json"));
    await expect(convert({ file, out })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringMatching(
        /there is no config\.json \(.*config\.json\). Fix: put the CLIPModel's config\.json beside/,
      ),
    });
  });
});

describe("convert rejects", () => {
  const refused = async (file: string, code: string, message: RegExp) => {
    await expect(convert({ file, out })).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp") || join(folder, name) === out)).toEqual([]);
  };

  it("a file that is not an archive", async () => {
    const file = join(folder, "text.pt");
    await writeFile(file, "no archive");
    await refused(file, "WEIGHTS", /no zip archive/);
  });

  it("a file that does not exist", () => refused(join(folder, "nowhere.pt"), "NOT_FOUND", /nowhere\.pt/));

  it.skipIf(process.platform === "win32")("a pipe, a device and a folder, without waiting", async () => {
    const piped = await mkdtemp(join(folder, "piped-"));
    for (const name of ["pipe.pt", "pipe.safetensors"]) {
      execFileSync("mkfifo", [join(piped, name)]);
      await refused(join(piped, name), "NOT_FOUND", /it is a pipe and no regular file/);
    }
    await refused("/dev/zero", "NOT_FOUND", /it is a device and no regular file/);
    await refused(piped, "NOT_FOUND", /it is a folder and no regular file.*such as pytorch_model\.bin/);
    const index = join(piped, "model.safetensors.index.json");
    await writeFile(index, JSON.stringify({ weight_map: { logit_scale: "pipe.safetensors" } }));
    await refused(index, "WEIGHTS", /"pipe\.safetensors" is not there or no regular file/);
  });

  it("a file of more than 64 GiB", async () => {
    for (const name of ["large.pt", "large.safetensors"]) {
      const file = join(folder, name);
      await writeFile(file, "");
      await truncate(file, 64 * 2 ** 30 + 1);
      await refused(file, "WEIGHTS", /it has more than 65536 MiB/);
      await rm(file);
    }
  });

  it("a truncated archive", async () => {
    const file = join(folder, "cut.pt");
    const bytes = await readFile(join(source, "openai.pt"));
    await writeFile(file, bytes.subarray(0, bytes.length / 2));
    await refused(file, "WEIGHTS", /no zip archive/);
  });

  it("another kind of model", () =>
    refused(join(fixtures, "method", "mpa.safetensors"), "MODEL", /no visual\.conv1\.weight/));

  const withConfig = async (change: (config: { model_cfg: Record<string, Record<string, unknown>> }) => void) => {
    const config = JSON.parse(await readFile(join(source, "open_clip_config.json"), "utf8"));
    change(config);
    const openClipConfig = join(folder, "changed.json");
    await writeFile(openClipConfig, JSON.stringify(config));
    return { file: join(source, "openclip.safetensors"), out, openClipConfig };
  };

  it.each<[string, string, unknown, string, RegExp]>([
    ["vision_cfg", "pool_type", "avg", "MODEL", /vision_cfg\.pool_type is "avg"/],
    ["text_cfg", "no_causal_mask", true, "MODEL", /text_cfg\.no_causal_mask is true/],
    ["text_cfg", "pool_type", "last", "MODEL", /text_cfg\.pool_type is "last"/],
    ["text_cfg", "act_kwargs", { approximate: "tanh" }, "MODEL", /text_cfg\.act_kwargs is \{"approximate":"tanh"\}/],
    ["vision_cfg", "image_size", 48, "MODEL", /patches a side 6 where the weights have 4/],
    ["text_cfg", "context_length", 64, "MODEL", /text_cfg\.context_length 64 where the weights have 77/],
  ])("%s.%s %j", async (section, key, value, code, message) => {
    const options = await withConfig(({ model_cfg }) => {
      model_cfg[section][key] = value;
    });
    await expect(convert(options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await readdir(folder)).not.toContain(out);
  });

  it("an eos_id that is not the tokenizer's EOT", async () => {
    const options = await withConfig(({ model_cfg: { text_cfg } }) => {
      text_cfg.pool_type = "eos";
      text_cfg.eos_id = 600;
    });
    await expect(convert(options)).rejects.toMatchObject({
      code: "TOKENIZER",
      message: expect.stringMatching(/ends a text with 623, the model takes its feature at 600/),
    });
  });

  it("weights of several models, and unknown or duplicate names", async () => {
    const { tensors } = await readTensorFile(join(source, "openclip.safetensors"));
    const put = async (prefixes: readonly string[], more: readonly string[] = []) => {
      const named = prefixes.flatMap((prefix) =>
        [...tensors].map(([name, values]) => [`${prefix}${name}`, values] as const),
      );
      const others = more.map((name) => [name, { shape: [32], data: new Float32Array(32) }] as const);
      const file = join(folder, "named.safetensors");
      await writeFile(file, singleFile(new Map([...named, ...others])));
      for (const name of ["vocab.json", "merges.txt"]) await cp(join(source, name), join(folder, name));
      return file;
    };
    await refused(await put(["model.", "ema."]), "MODEL", /several models: "model\.", "ema\."/);
    await refused(
      await put([""], ["text.ln_final.bias"]),
      "MODEL",
      /two tensors are a CLIPModel's text_model\.final_layer_norm\.bias/,
    );
    await refused(await put([""], ["constructor", "__proto__"]), "MODEL", /no place for "constructor" and 1 more/);
    await convert({ file: await put(["ema.", "state_dict."]), out });
  });

  it("a folder that is not empty", async () => {
    await expect(convert({ file: join(source, "openai.pt"), out: source })).rejects.toMatchObject({ code: "WRITE" });
  });
});
