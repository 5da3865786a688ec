/** Follows docs/extending.md: writes its modules, runs its commands and checks the results. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { drawnFace, render } from "../src/apps/demo/dataset.ts";
import { loadPlugin, removePlugin } from "../src/apps/plugins.ts";
import { openBackbone } from "../src/clip/backbone.node.ts";
import type { Backbone } from "../src/clip/backbone.ts";
import { writeSafetensors } from "../src/clip/safetensors.ts";
import { readTensorFile } from "../src/clip/weights.node.ts";
import { sampledOrder } from "../src/data/samplers.ts";
import { gradient } from "../src/graph/gradient.ts";
import { toOnnx } from "../src/graph/onnx.ts";
import { openSession } from "../src/graph/runtime/session.node.ts";
import { input, parameter, type Tensor } from "../src/graph/tensor.ts";
import { featureGraph, pixelInput } from "../src/method/graphs.ts";
import { optimiserOf } from "../src/method/learning.ts";
import { lossTerms } from "../src/method/losses.ts";
import { imageFeatures } from "../src/method/mpaFer.ts";
import { trainSchema } from "../src/runs/options.ts";
import { readRecords } from "../src/runs/runFolder.ts";
import { train } from "../src/runs/train/train.ts";
import { Guide } from "./guide.ts";
import { writeTinyBackbone } from "./tinyBackbone.ts";

const perClass = [
  ["train", 4],
  ["valid", 2],
  ["test", 1],
] as const;
const expressions = ["happiness", "sadness", "surprise"] as const;
let folder: string;
let guide: Guide;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-guide-"));
  await mkdir(join(folder, "faces"));
  guide = await Guide.unpack("docs/extending.md", folder);
  const rows = ["file,split,class"];
  for (const [split, count] of perClass) {
    for (const expression of expressions) {
      for (let i = 0; i < count; i++) {
        const file = `${rows.length - 1}.png`;
        await writeFile(join(folder, "faces", file), await render(drawnFace(1, split, i, expression), 48));
        rows.push(`${file},${split},${expression}`);
      }
    }
  }
  await writeFile(join(folder, "faces", "labels.csv"), rows.join("\n"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Loads a module for the rest of the test. */
async function plugin(name: string): Promise<void> {
  const added = await loadPlugin(join(folder, name));
  onTestFinished(() => removePlugin(added));
}
const manifestOf = async (run: string) => JSON.parse(await readFile(join(folder, "runs", run, "run.json"), "utf8"));

describe("the data set", () => {
  it("is trained on and checked like the package's own", async () => {
    await guide.run("--out runs/listed");
    const { data, plugins, config } = await manifestOf("listed");
    expect(data.train).toMatchObject({ images: 12, unreadable: 0, counts: { happiness: 4, sadness: 4, surprise: 4 } });
    expect(data.valid.images).toBe(6);
    expect(config.dataset).toBe("listed");
    expect(plugins).toEqual([{ name: "listed faces", sha256: expect.stringMatching(/^[\da-f]{64}$/) }]);
    expect(await guide.run("doctor ")).toMatch(/^all +12 +6 +3$/m);
  });
});

describe("the optimiser and the schedule", () => {
  it("train, and stand in the resume file", async () => {
    await guide.run("--out runs/lion");
    expect((await manifestOf("lion")).config).toMatchObject({ optimiser: "lion", schedule: "inverse-root" });
    const steps = (await readRecords(join(folder, "runs", "lion", "metrics.jsonl"))).filter(
      ({ kind }) => kind === "step",
    );
    for (const [i, { lr }] of steps.entries()) expect(lr).toBeCloseTo(1e-4 / Math.sqrt(i + 1), 12);
    const { tensors } = await readTensorFile(join(folder, "runs", "lion", "resume.safetensors"));
    const momentum = tensors.get("lion.text.context");
    expect(momentum?.shape).toEqual(tensors.get("text.context")?.shape);
    expect(momentum?.data.some((value) => value !== 0)).toBe(true);
  });

  it("moves each value by the rate along the sign of its momentum", async () => {
    await plugin("lion.mjs");
    const optimiser = optimiserOf({ momentum: 0.9, weightDecay: 0, lr: 0.5, schedule: "constant", optimiser: "lion" });
    const prompts = { w: { shape: [2], data: Float32Array.of(1, 2) } };
    const { prompts: moved } = optimiser.update(
      prompts,
      { w: Float32Array.of(3, -1e-3) },
      optimiser.init(prompts),
      0.5,
    );
    expect(Array.from(moved.w.data)).toEqual([0.5, 2.5]);
  });
});

describe("the sampler", () => {
  it("is used by a training", async () => {
    await guide.run("--out runs/logarithm");
    expect((await manifestOf("logarithm")).config.sampler).toBe("logarithm");
  });

  it("draws classes by the logarithm of their sizes, the same for the same seed and epoch", async () => {
    await plugin("logarithm.mjs");
    const labels = Array.from({ length: 1000 }, (_, i) => (i < 900 ? 0 : 2));
    const order = (epoch: number) => sampledOrder("logarithm", { labels, seed: 1, epoch, shuffle: true });
    const common = order(0).filter((i) => labels[i] === 0).length;
    expect(common / 1000).toBeCloseTo(Math.log1p(900) / (Math.log1p(900) + Math.log1p(100)), 1);
    expect(order(0)).toEqual(order(0));
    expect(order(0)).not.toEqual(order(1));
  });
});

describe("the loss term", () => {
  it("is recorded, and weighted in the total", async () => {
    await guide.run("--out runs/confidence");
    const records = await readRecords(join(folder, "runs", "confidence", "metrics.jsonl"));
    for (const { L_vt, L_confidence, L_total } of records) {
      expect(L_confidence).toBeLessThan(0);
      expect(L_confidence).toBeGreaterThanOrEqual(-Math.log(3));
      expect(L_total).toBeCloseTo(Number(L_vt) + 0.1 * Number(L_confidence), 6);
    }
  });

  it("has the value of its formula, and the gradient of central differences", async () => {
    await plugin("confidence.mjs");
    const [images, classes] = [2, 3];
    const logits = parameter("logits", [images, classes], "float64");
    const weight = input("weight", [images, 1], "float64");
    // This term uses only the logits and the weights of its input.
    const given = { logits, weight, target: logits, global: logits, theta: logits };
    const options = { beta: 0, gamma: 0, prototypeLoss: "cosine", tau: 1 } as const;
    const loss = lossTerms.get("L_confidence").ofImages?.(given, options);
    if (loss === undefined) throw new Error("the term is of images");
    const [slope] = gradient(loss, [logits]);
    const session = await openSession(toOnnx({ loss, slope }), { optimisation: "basic", threads: 1 });
    const weights = Float64Array.of(0.25, 0.75);
    const at = Float64Array.of(1, -0.5, 0.25, 2, 0, -1);
    const found = await session.run({ logits: at, weight: weights });
    await session.dispose();
    expect(Number(found.loss[0])).toBeCloseTo(confidence(at, weights, classes), 12);
    for (const j of at.keys()) {
      const step = 1e-6;
      const moved = (by: number) => confidence(at.with(j, at[j] + by), weights, classes);
      expect(Number(found.slope[j])).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 8);
    }
  });

  it("is the same in micro-batches", async () => {
    for (const name of ["listed-faces.mjs", "confidence.mjs"]) await plugin(name);
    const options = { data: join(folder, "faces"), dataset: "listed", variant: "+vp", hardPrompt: 1, augment: "none" };
    const backbone = await writeTinyBackbone(join(folder, "tiny"));
    const first = async (microBatch: number) => {
      const out = join(folder, `parts-${microBatch}`);
      const more = { backbone, out, microBatch, batchSize: 4, maxSteps: 2, threads: 1, lossTerm: ["L_confidence=0.5"] };
      await train(trainSchema.config.parse({ ...options, ...more }));
      return await readRecords(join(out, "metrics.jsonl"));
    };
    const [whole, parts] = [await first(4), await first(1)];
    // The second step's values depend on the first one's gradient.
    for (const i of [0, 1]) {
      expect(Number(parts[i].L_confidence)).toBeCloseTo(Number(whole[i].L_confidence), 5);
      expect(Number(parts[i].L_total)).toBeCloseTo(Number(whole[i].L_total), 4);
    }
    expect(whole[1].L_confidence).not.toBe(whole[0].L_confidence);
  });
});

/** Σ_b w_b Σ_c p_c log p_c as plain loops. */
function confidence(logits: Float64Array, weights: Float64Array, classes: number): number {
  return weights.reduce((sum, weight, b) => {
    const row = Array.from(logits.subarray(b * classes, (b + 1) * classes));
    const all = row.reduce((total, value) => total + Math.exp(value), 0);
    return sum + weight * row.reduce((inner, value) => inner + (Math.exp(value) / all) * (value - Math.log(all)), 0);
  }, 0);
}

describe("the backbone", () => {
  it("is trained with, visual prompts and all, and has the mean over patches as its feature", async () => {
    const plain = await writeTinyBackbone(join(folder, "plain"));
    await writeRenamed(plain, join(folder, "patch-mean"));
    await guide.run("--out runs/patch-mean");
    const { backbone, learned } = await manifestOf("patch-mean");
    expect(backbone.name).toBe("patch-mean");
    expect(learned.parameters).toBe(3 * 10 * 64 + 2 * 8 * 64);
    await plugin("patch-mean.mjs");
    const pixels = Float32Array.from({ length: 3 * 48 * 48 }, (_, i) => Math.sin(i));
    const [found, expected] = [await globalOf(join(folder, "patch-mean"), pixels), await meanOfPatches(plain, pixels)];
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i], 5);
  });
});

/** Writes the same weights under names that start with `model.`, with the model type `clip_patch_mean`. */
async function writeRenamed(from: string, to: string): Promise<void> {
  await mkdir(to);
  const { tensors } = await readTensorFile(join(from, "model.safetensors"));
  const renamed = new Map([...tensors].map(([name, values]) => [`model.${name}`, values]));
  await writeFile(join(to, "model.safetensors"), writeSafetensors(renamed, {}));
  const config = JSON.parse(await readFile(join(from, "config.json"), "utf8"));
  await writeFile(join(to, "config.json"), JSON.stringify({ ...config, model_type: "clip_patch_mean" }));
  await writeFile(join(to, "tokenizer.json"), await readFile(join(from, "tokenizer.json")));
}

async function globalOf(path: string, pixels: Float32Array): Promise<number[]> {
  const backbone = await openBackbone(path);
  return await valuesOf(backbone, featureGraph(backbone.clip, 1).global, pixels);
}

/** Normalised mean of CLIP's own patch features. */
async function meanOfPatches(path: string, pixels: Float32Array): Promise<number[]> {
  const backbone = await openBackbone(path);
  const { local } = imageFeatures(backbone.clip, pixelInput(backbone.clip, 1), undefined, 1);
  if (local === undefined) throw new Error("no local features");
  const values = await valuesOf(backbone, local, pixels);
  const [, patches, width] = local.shape;
  const sum = Array.from({ length: width }, (_, e) => {
    let total = 0;
    for (let i = 0; i < patches; i++) total += values[i * width + e];
    return total;
  });
  const length = Math.hypot(...sum);
  return sum.map((value) => value / length);
}

async function valuesOf(backbone: Backbone, tensor: Tensor, pixels: Float32Array): Promise<number[]> {
  const session = await backbone.open(toOnnx({ tensor }));
  const values = Array.from((await session.run({ pixels })).tensor, Number);
  await session.dispose();
  return values;
}

describe("the baselines", () => {
  it("are rows of the table, learned and scored from what was saved", async () => {
    await cp(join(import.meta.dirname, "../examples/plugins"), join(folder, "examples", "plugins"), {
      recursive: true,
    });
    await guide.run("--out runs/adapters");
    const { rows } = JSON.parse(await readFile(join(folder, "runs", "adapters", "table.json"), "utf8"));
    const { clip } = await openBackbone("faceclip-mini");
    const { jointWidth: joint, text } = clip.config;
    const metaNet = (joint / 16) * (joint + 1) + text.width * (joint / 16 + 1);
    expect(rows.map(({ name, parameters }: { name: string; parameters: number }) => [name, parameters])).toEqual([
      ["zero-shot", 0],
      ["clip-adapter", 2 * joint * (joint / 4)],
      ["cocoop", 4 * text.width + metaNet],
    ]);
    const { tensors } = await readTensorFile(join(folder, "runs", "adapters", "cocoop-1", "baseline.safetensors"));
    expect([...tensors.keys()].sort()).toEqual(["bias1", "bias2", "context", "weight1", "weight2"]);
  });
});

describe("the output", () => {
  it("has one line per picture in its own format", async () => {
    await guide.run("--output markdown=faces.md");
    const lines = (await readFile(join(folder, "faces.md"), "utf8")).split("\n");
    expect(lines.slice(0, 2)).toEqual(["| picture | expression | probability |", "|---|---|---|"]);
    expect(lines.slice(2)).toEqual([
      expect.stringMatching(/^\| faces\/0\.png \| \w+ \| [01]\.\d{3} \|$/),
      expect.stringMatching(/^\| faces\/1\.png \| \w+ \| [01]\.\d{3} \|$/),
      "",
    ]);
  });
});

describe("the listener", () => {
  it("stops the training with its reason", async () => {
    const said = await guide.run("--out runs/early");
    expect(said).toContain("stopped by early stopping: no better for 2 epochs");
    const { finished, stopped, epochs } = await manifestOf("early");
    expect({ finished, stopped, epochs }).toEqual({
      finished: false,
      stopped: { by: "early stopping", reason: "no better for 2 epochs" },
      epochs: 3,
    });
  });
});
