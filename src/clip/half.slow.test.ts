/**
 * Half precision against single precision: gradients of prompts, memory of the weights, the cached file, trainings with overflows, and
 * providers without it. Products run on the CPU.
 */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { cosine } from "../../test/cosine.ts";
import { fixtures } from "../../test/parity.ts";
import { roundingHalf } from "../../test/roundingHalf.ts";
import { hasSoftwareAdapter, useSoftwareAdapter } from "../../test/softwareAdapter.ts";
import { writeTinyBackbone } from "../../test/tinyBackbone.ts";
import { TrainingFolder } from "../../test/trainingFolder.ts";
import { exportClassifier } from "../apps/export/export.ts";
import { exportSchema } from "../apps/export/options.ts";
import { estimateMemory } from "../graph/memory.ts";
import { toOnnx } from "../graph/onnx.ts";
import { targets } from "../graph/target.ts";
import { openGraph } from "../method/classifier.ts";
import { openExplainer } from "../method/explain/explainer.ts";
import { featureGraph, imageGraph, type Outputs, textGraphs, trainingGraph } from "../method/graphs.ts";
import { lossScaleOf } from "../method/lossScale.ts";
import { sgd } from "../method/optimiser.ts";
import { initialPrompts, type Prompts } from "../method/prompts.ts";
import { runStep } from "../method/step.ts";
import { openTrainingSession } from "../method/trainingSession.ts";
import { variantNames } from "../method/variants.ts";
import { benchSchema } from "../runs/bench/options.ts";
import { benchBatch, benchSpec } from "../runs/bench/work.ts";
import type { TrainerCallback } from "../runs/callbacks/callbacks.ts";
import { train } from "../runs/train/train.ts";
import { openBackbone, openBackboneIn } from "./backbone.node.ts";
import type { Backbone } from "./backbone.ts";
import { clipTensors } from "./clipTensors.ts";
import { halfBackbone } from "./half.node.ts";

const folder = new TrainingFolder();
const fp16Clip = join(fixtures, "tiny-clip-gelu-fp16");
const config = benchSchema.config.parse({ batchSize: 6, threads: 1, variant: "mpa" });

let cache: string;
let single: Backbone;
let half: Backbone;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), "mpa-fer-"));
  vi.stubEnv("XDG_CACHE_HOME", cache);
  single = await openBackbone("faceclip-mini");
  half = await halfBackbone(single);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true, force: true });
});

/** Sessions and options of a step in which values in half precision are rounded, whole or in parts of three images. */
async function openStep(backbone: Backbone, isWhole: boolean) {
  const { clip } = backbone;
  const spec = await benchSpec(backbone, config);
  const open = (outputs: Outputs) => openGraph(backbone, roundingHalf(outputs), { threads: 1, provider: "cpu" });
  const microBatch = isWhole ? 6 : 3;
  const imageValues = 3 * clip.config.vision.imageSize ** 2;
  const options = { microBatch, classes: spec.classes, imageValues, imageInput: "pixels", losses: spec } as const;
  const { before, after } = textGraphs(clip, spec);
  const { logits: _, ...whole } = trainingGraph(clip, microBatch, spec);
  const sessions = isWhole
    ? { whole: await open(whole) }
    : {
        texts: await open(before),
        images: await open(imageGraph(clip, microBatch, spec)),
        textsBack: await open(after),
      };
  return {
    spec,
    step: (prompts: Prompts) =>
      runStep(sessions, prompts, benchBatch(backbone, 6), { ...options, lossScale: lossScaleOf(clip)?.scale }),
    dispose: async () => {
      for (const session of Object.values(sessions)) await session.dispose();
    },
  };
}

describe("faceclip-mini", () => {
  it.each([true, false])(
    "has the prompt gradients of single precision along a training, whole: %s",
    async (isWhole) => {
      const [exact, rounded] = [await openStep(single, isWhole), await openStep(half, isWhole)];
      const optimiser = sgd({ momentum: 0.9, weightDecay: 5e-4 });
      let prompts = initialPrompts(exact.spec.shapes, 1);
      let state = optimiser.init(prompts);
      for (let step = 0; step < 12; step++) {
        const wanted = await exact.step(prompts);
        if (step === 0 || step === 11) {
          const { gradients, losses, hasOverflowed } = await rounded.step(prompts);
          expect(hasOverflowed).toBeUndefined();
          expect(Math.abs(losses.L_total / wanted.losses.L_total - 1)).toBeLessThan(2e-3);
          for (const [name, values] of Object.entries(wanted.gradients)) {
            const near = cosine(gradients[name], values);
            expect(near, `${name} at step ${step}`).toBeGreaterThan(0.999);
            // Values are rounded indeed.
            expect(near).toBeLessThan(1 - 1e-9);
          }
        }
        ({ prompts, state } = optimiser.update(prompts, wanted.gradients, state, 0.01));
      }
      await exact.dispose();
      await rounded.dispose();
    },
  );

  it("has weights of half the bytes in a training, and smaller activations", async () => {
    const estimates = [single, half].map(async (backbone) =>
      estimateMemory(trainingGraph(backbone.clip, 6, await benchSpec(backbone, config))),
    );
    const [exact, rounded] = await Promise.all(estimates);
    // Layer norms and positions are in single precision.
    expect(rounded.weights / exact.weights).toBeLessThan(0.51);
    expect(rounded.activations / exact.activations).toBeLessThan(0.8);
  });
});

describe("a file in single precision", () => {
  const own = () => join(cache, "converted");
  const converted = async () => halfBackbone(await openBackbone(join(fixtures, "tiny-clip")), {}, own());

  it("is converted to half the bytes, and has nearly the same features", async () => {
    const backbones = [await openBackbone(join(fixtures, "tiny-clip")), await converted()];
    const [stored, rounded] = backbones.map(({ clip: { config, weights } }) =>
      clipTensors(config).reduce((sum, [name]) => sum + (weights.header.tensors.get(name)?.length ?? 0), 0),
    );
    // All but the scale of the logits, which is a number of its own.
    expect(rounded).toBe((stored - 4) / 2);
    const found: Float32Array[] = [];
    for (const backbone of backbones) {
      const session = await openGraph(backbone, featureGraph(backbone.clip, 2), { threads: 1, provider: "cpu" });
      const { global } = await session.run({ pixels: benchBatch(backbone, 2).images });
      found.push(Float32Array.from(global, Number));
      await session.dispose();
    }
    expect(cosine(found[1], found[0])).toBeGreaterThan(0.9999);
    expect(found[1]).not.toEqual(found[0]);
  });

  it("is cached once per weights, and a corrupt file is rejected", async () => {
    await converted();
    const [name, ...more] = await readdir(own());
    expect(more).toEqual([]);
    const before = await stat(join(own(), name));
    await converted();
    expect((await stat(join(own(), name))).mtimeMs).toBe(before.mtimeMs);
    await writeFile(join(own(), name), (await readFile(join(own(), name))).subarray(0, 1000));
    await expect(converted()).rejects.toMatchObject({ code: "WEIGHTS" });
  });
});

it("reads a file that is in half precision where it lies", async () => {
  const [stored, own] = [await openBackbone(fp16Clip), join(cache, "none")];
  const opened = await halfBackbone(stored, {}, own);
  const { weightFiles } = toOnnx(featureGraph(opened.clip, 2));
  expect(weightFiles).toEqual(["model.safetensors"]);
  expect(opened.clip.weights).toBe(stored.clip.weights);
  expect(await readdir(own).catch(() => "absent")).toBe("absent");
});

it("refuses weights that half precision does not hold, and leaves no file", async () => {
  const name = "vision_model.encoder.layers.1.mlp.fc1.weight";
  const at = await writeTinyBackbone(join(cache, "large"), (of, data) => (of === name ? data.fill(70000, 3, 4) : data));
  const own = join(cache, "own");
  await expect(halfBackbone(await openBackbone(at), {}, own)).rejects.toMatchObject({
    code: "NUMERIC",
    message: expect.stringMatching(/large.*fc1\.weight has values above 65504.*. Fix: use --precision fp32/),
  });
  expect(await readdir(own)).toEqual([]);
});

describe("a training", () => {
  const context = { allowsSlowHalf: true };
  const options = { precision: "fp16", variant: "mpa", microBatch: 2, prototypeImages: 2 } as const;
  const configOf = (name: string, more: object = {}) =>
    folder.config(name, { ...options, backbone: fp16Clip, ...more });

  it("skips, tells and counts steps that overflow, and resumes to the same bits", async () => {
    const notes: string[] = [];
    const task = { update: () => undefined, note: (line: string) => notes.push(line), finish: () => undefined };
    await train(configOf("whole"), { ...context, progress: { start: () => task } });
    const { lossScale, steps, bits } = await folder.json("whole", "run.json");
    const records = (await readFile(folder.file("whole", "metrics.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter(({ kind }) => kind === "step");
    const skipped = records.filter((record) => record.skipped);
    expect(steps).toBe(6);
    expect(skipped.length).toBeGreaterThan(0);
    expect(lossScale).toEqual({ scale: 65536 / 2 ** skipped.length, skipped: skipped.length });
    expect(records[0]).toMatchObject({ step: 1, lossScale: 65536, skipped: true });
    expect(notes).toContain(
      "step 1: a gradient overflows half precision at a loss scale of 65536; the step is skipped and the scale halved",
    );

    const stop: TrainerCallback = {
      name: "stop",
      onStep: ({ step }, control) => {
        if (step === 2) control.stop("enough");
      },
    };
    await train(configOf("parts"), { ...context, callbacks: [stop] });
    expect((await folder.json("parts", "run.json")).steps).toBe(2);
    await train(configOf("parts", { resume: true }), context);
    const resumed = await folder.json("parts", "run.json");
    expect([resumed.lossScale, resumed.bits]).toEqual([lossScale, bits]);
  });

  it("does not resume in another precision", async () => {
    await train(configOf("other", { maxSteps: 2 }), context);
    const again = train(configOf("other", { resume: true, precision: "fp32", maxSteps: 3 }));
    await expect(again).rejects.toMatchObject({ code: "CHECKPOINT" });
  });

  it("caches frozen features for each precision", async () => {
    const featureCache = folder.file("features");
    const shared = { maxSteps: 1, variant: "coop", featureCache };
    for (const [i, precision] of (["fp32", "int8", "fp16", "fp16"] as const).entries()) {
      await train(configOf(`cached-${i}`, { ...shared, precision }), context);
    }
    // Of the training images and the validation images in three precisions.
    expect(await readdir(featureCache)).toHaveLength(6);
  });

  it("is refused on the processor before a file is written", async () => {
    await expect(train(configOf("refused"))).rejects.toMatchObject({ code: "RUNTIME" });
    expect(await readdir(folder.file("refused")).catch(() => "absent")).toBe("absent");
  });
});

it.each(["cpu", "dml"])("is refused on %s with what to use", async (provider) => {
  await expect(openBackboneIn({ precision: "fp16", provider }, fp16Clip, {})).rejects.toMatchObject({
    code: "RUNTIME",
    message: `${provider} has no fast products in half precision (--precision fp16). Fix: use --precision fp32, or --provider webgpu or cuda`,
  });
});

it("changes its graphs where a test asks for it", async () => {
  const found: Float32Array[] = [];
  for (const rewrite of [undefined, roundingHalf]) {
    const how = { allowsSlowHalf: true, ...(rewrite && { rewrite }) };
    const backbone = await openBackboneIn({ precision: "fp16" }, fp16Clip, how);
    const session = await openGraph(backbone, featureGraph(backbone.clip, 2), { threads: 1, provider: "cpu" });
    found.push(Float32Array.from((await session.run({ pixels: benchBatch(backbone, 2).images })).global, Number));
    await session.dispose();
  }
  expect(found[1]).not.toEqual(found[0]);
  expect(cosine(found[1], found[0])).toBeGreaterThan(0.9999);
});

it("is refused by export", async () => {
  const given = exportSchema.config.parse({ precision: "fp16", out: join(cache, "x.onnx") });
  await expect(exportClassifier(given)).rejects.toMatchObject({ code: "USAGE" });
});

it("explains as single precision does", async () => {
  const { clip, preprocess } = single;
  const { jointWidth, vision } = clip.config;
  const theta = { shape: [2, jointWidth], data: new Float32Array(2 * jointWidth).map((_, i) => Math.sin(i)) };
  const pixels = new Float32Array(3 * vision.imageSize ** 2).map((_, i) => Math.cos(i));
  const found: Float32Array[] = [];
  for (const backbone of [single, half]) {
    const model = { clip: backbone.clip, preprocess, classes: ["a", "b"], theta, topK: 4 };
    const explainer = await openExplainer(model, backbone.open, { threads: 1, provider: "cpu", batch: 2 });
    found.push((await explainer.explainPixels(pixels, { target: 1 })).saliency.data);
    await explainer.dispose();
  }
  expect(cosine(found[1], found[0])).toBeGreaterThan(0.995);
});

describe.skipIf(!hasSoftwareAdapter)("on the software adapter", { timeout: 300_000 }, () => {
  beforeAll(() => useSoftwareAdapter());

  it.each(variantNames)("opens the graphs of %s without a node on the CPU", async (variant) => {
    const backbone = await halfBackbone(await openBackbone(fp16Clip));
    const given = benchSchema.config.parse({ batchSize: 4, threads: 1, variant });
    const spec = await benchSpec(await openBackbone(fp16Clip), given);
    for (const microBatch of [4, 2]) {
      const how = { ...given, provider: "webgpu", microBatch };
      await (await openTrainingSession(backbone, spec, how)).dispose();
    }
  });

  it("is refused where the adapter has none, before the weights are read", async () => {
    // SwiftShader has no shader-f16.
    const opened = openBackboneIn({ precision: "fp16", provider: "webgpu" }, join(cache, "nothing"), {});
    await expect(opened).rejects.toMatchObject({
      code: "RUNTIME",
      message: "the graphics adapter of webgpu has no half precision (shader-f16). Fix: use --precision fp32",
    });
  });
});

it("writes for CUDA products that its kernels have, and its fused attention for prediction", () => {
  const { bytes } = toOnnx(featureGraph(half.clip, 2), {}, { target: targets.cuda });
  expect(Buffer.from(bytes).includes("MultiHeadAttention")).toBe(true);
});
