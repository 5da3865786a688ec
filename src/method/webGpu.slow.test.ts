/**
 * WebGPU on the software adapter against the CPU: losses, gradients and three steps of the five variants, whole and in micro-batches,
 * and prediction, features, text features and explanation, to 1e-4 of the largest value; and not a node on the CPU.
 */
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { fixtures } from "../../test/parity.ts";
import { hasSoftwareAdapter, useSoftwareAdapter } from "../../test/softwareAdapter.ts";
import { openBackbone } from "../clip/backbone.node.ts";
import { strassenClip } from "../clip/clip.ts";
import { int8Backbone } from "../clip/int8.node.ts";
import { ferClasses } from "../data/sample.ts";
import { benchSchema } from "../runs/bench/options.ts";
import { benchBatch, benchSpec } from "../runs/bench/work.ts";
import { encodeHardPrompts, openClassifier, openGraph, openSoftPromptEncoder } from "./classifier.ts";
import { openExplainer } from "./explain/explainer.ts";
import { featureGraph } from "./graphs.ts";
import { sgd } from "./optimiser.ts";
import { initialPrompts, type Prompts } from "./prompts.ts";
import { runStep, type StepResult } from "./step.ts";
import { openTrainingSession } from "./trainingSession.ts";
import { variantNames } from "./variants.ts";

const tiny = (name = "tiny-clip") => openBackbone(join(fixtures, name));
const images = 5;
const options = (given: Readonly<Record<string, unknown>> = {}) =>
  benchSchema.config.parse({ backbone: "tiny", batchSize: images, threads: 1, ...given });
const providers = ["cpu", "webgpu"] as const;

/** The largest difference, as a share of the largest expected value. */
function gap(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  const values = Array.from(expected);
  const scale = Math.max(1e-6, ...values.map(Math.abs));
  return Math.max(...values.map((value, i) => Math.abs(found[i] - value))) / scale;
}

interface Trained {
  readonly steps: readonly StepResult[];
  readonly prompts: Prompts;
  readonly nodes: Readonly<Record<string, number>> | undefined;
}

/** Three steps of a variant with the paper's optimiser. */
async function threeSteps(
  provider: string,
  variant: string,
  microBatch: number,
  given: Readonly<Record<string, unknown>> = {},
  backboneName?: string,
): Promise<Trained> {
  const backbone = await tiny(backboneName);
  const config = options({ variant, ...(variant === "mpa" && { topK: 4 }), ...given });
  const spec = await benchSpec(backbone, config);
  const training = await openTrainingSession(backbone, spec, {
    ...config,
    provider,
    microBatch,
    countsNodes: true,
    form: "pixels",
  });
  const optimiser = sgd({ momentum: 0.9, weightDecay: 5e-4 });
  let prompts = initialPrompts(spec.shapes, 1);
  let state = optimiser.init(prompts);
  const steps: StepResult[] = [];
  for (let step = 0; step < 3; step++) {
    const result = await runStep(training.sessions, prompts, benchBatch(backbone, images), training.stepOptions);
    ({ prompts, state } = optimiser.update(prompts, result.gradients, state, 0.01));
    steps.push(result);
  }
  const nodes = training.nodes();
  await training.dispose();
  return { steps, prompts, nodes };
}

function expectSame(found: Trained, expected: Trained): void {
  for (const [i, { losses, gradients }] of expected.steps.entries()) {
    for (const [name, value] of Object.entries(losses)) {
      expect(gap([found.steps[i].losses[name]], [value]), `${name} of step ${i + 1}`).toBeLessThan(1e-4);
    }
    for (const [name, values] of Object.entries(gradients)) {
      expect(gap(found.steps[i].gradients[name], values), `gradient of ${name} in step ${i + 1}`).toBeLessThan(1e-4);
    }
  }
  for (const [name, { data }] of Object.entries(expected.prompts)) {
    expect(gap(found.prompts[name].data, data), `${name} after three steps`).toBeLessThan(1e-4);
  }
}

describe.skipIf(!hasSoftwareAdapter)("on the software adapter", { timeout: 600_000 }, () => {
  beforeAll(() => useSoftwareAdapter());

  it.each([...variantNames.map((variant) => ({ variant, microBatch: images })), { variant: "mpa", microBatch: 2 }])(
    "trains $variant as the CPU does, with $microBatch of 5 images a run",
    async ({ variant, microBatch }) => {
      const [expected, found] = [
        await threeSteps("cpu", variant, microBatch),
        await threeSteps("webgpu", variant, microBatch),
      ];
      expectSame(found, expected);
      expect(Object.keys(found.nodes ?? {})).toEqual(["webgpu"]);
      expect(found.nodes?.webgpu).toBeGreaterThan(100);
    },
  );

  it.each(variantNames)("opens all graphs of %s in micro-batches without a node on the CPU", async (variant) => {
    const backbone = await tiny();
    const config = options({ variant });
    const how = { ...config, provider: "webgpu", microBatch: 2 };
    const training = await openTrainingSession(backbone, await benchSpec(backbone, config), how);
    expect(Object.keys(training.sessions)).toEqual(["texts", "images", "textsBack"]);
    await training.dispose();
  });

  it("trains with GELU, weights in half precision, one context for all classes and an L1 prototype loss", async () => {
    const given = { context: "unified", prototypeLoss: "l1" };
    const expected = await threeSteps("cpu", "mpa", 2, given, "tiny-clip-gelu-fp16");
    expectSame(await threeSteps("webgpu", "mpa", 2, given, "tiny-clip-gelu-fp16"), expected);
  });

  it("predicts a batch in one run, encodes prompts and takes features as the CPU does", async () => {
    const backbone = await tiny();
    const spec = await benchSpec(backbone, options({ variant: "mpa", topK: 4 }));
    const { "text.context": context, "vision.prompts": visionPrompts } = initialPrompts(spec.shapes, 1);
    const { images: pixels } = benchBatch(backbone, images);
    const answers = [];
    for (const provider of providers) {
      const runtime = { threads: 1, provider };
      const encoder = await openSoftPromptEncoder(backbone, spec.soft, context, runtime);
      const theta = await encoder.encode(context);
      await encoder.dispose();
      const hard = await encodeHardPrompts(backbone, spec.soft, runtime);
      const kind = { kind: "constants", theta, visionPrompts } as const;
      const classifier = await openClassifier(
        backbone,
        { ...kind, batch: images, classes: ferClasses.length, topK: 4 },
        { ...runtime, countsNodes: provider === "webgpu" },
      );
      const probabilities = await classifier.classify(pixels, images);
      if (provider === "webgpu") expect(Object.keys(classifier.nodes?.() ?? {})).toEqual(["webgpu"]);
      await classifier.dispose();
      const session = await openGraph(backbone, featureGraph(backbone.clip, images, visionPrompts), runtime);
      const { global } = await session.run({ pixels });
      await session.dispose();
      answers.push([theta.data, hard.prompt.data, hard.token.data, probabilities, Float32Array.from(global, Number)]);
    }
    const [expected, found] = answers;
    for (const [i, values] of expected.entries()) expect(gap(found[i], values), `answer ${i}`).toBeLessThan(1e-4);
  });

  it("takes the features of the embedded backbone, whose tokens are more than the tiny ones', as the CPU does", async () => {
    const backbone = await openBackbone("faceclip-mini");
    const { images: pixels } = benchBatch(backbone, 1);
    const found = [];
    for (const provider of providers) {
      const session = await openGraph(backbone, featureGraph(backbone.clip, 1), { threads: 1, provider });
      found.push(Float32Array.from((await session.run({ pixels })).global, Number));
      await session.dispose();
    }
    expect(gap(found[1], found[0])).toBeLessThan(1e-4);
  });

  it("explains as the CPU does", async () => {
    const { clip, preprocess, open } = await tiny();
    const { jointWidth, vision } = clip.config;
    const theta = { shape: [8, jointWidth], data: new Float32Array(8 * jointWidth).map((_, i) => Math.sin(i)) };
    const pixels = new Float32Array(3 * vision.imageSize ** 2).map((_, i) => Math.cos(i));
    const found = [];
    for (const provider of providers) {
      const model = { clip, preprocess, classes: ferClasses, theta, topK: 4 };
      const explainer = await openExplainer(model, open, { threads: 1, provider, batch: 2 });
      const { saliency, similarity, probabilities } = await explainer.explainPixels(pixels, { target: 1 });
      found.push([saliency.data, similarity[2].data, probabilities]);
      await explainer.dispose();
    }
    for (const [i, values] of found[0].entries()) expect(gap(found[1][i], values)).toBeLessThan(1e-4);
  });

  it("runs products by Strassen's scheme, and refuses those of eight bits with a reason", async () => {
    const backbone = await tiny();
    const runtime = { threads: 1, provider: "webgpu" };
    const strassen = featureGraph(strassenClip(backbone.clip, 8), 2);
    const session = await openGraph(backbone, strassen, runtime);
    await session.dispose();
    const rounded = await int8Backbone(backbone);
    const refused = openGraph(rounded, featureGraph(rounded.clip, 2), runtime);
    await expect(refused).rejects.toMatchObject({
      code: "RUNTIME",
      message: "webgpu has no products of eight bits (--precision int8). Fix: use --precision fp32, or --provider cpu",
    });
  });
});
