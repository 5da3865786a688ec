/** Losses, logits, gradients and three steps of SGD agree with PyTorch's autograd, for every part of the method. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Fixture, fixtures, readFixture, relativeError, tolerance } from "../../test/parity.ts";
import { openBackbone } from "../clip/backbone.node.ts";
import type { Backbone } from "../clip/backbone.ts";
import { strassenClip } from "../clip/clip.ts";
import { tokenTable } from "../clip/textTower.ts";
import { toOnnx } from "../graph/onnx.ts";
import { openSession } from "../graph/runtime/session.node.ts";
import type { TensorData } from "../graph/tensor.ts";
import { encodeHardPrompts, openClassifier, openSoftPromptEncoder } from "./classifier.ts";
import { featureGraph, type TrainingSpec } from "./graphs.ts";
import { hardPrompts } from "./hardPrompts.ts";
import { sgd } from "./optimiser.ts";
import { type Prompts, promptShapes } from "./prompts.ts";
import { classPrototypes } from "./prototypes.ts";
import { runStep, type TrainingBatch } from "./step.ts";
import { openTrainingSession } from "./trainingSession.ts";

interface Case {
  readonly name: string;
  readonly backbone: string;
  readonly options: {
    readonly context: "class-specific" | "unified";
    readonly contextLength: number;
    readonly hardPrompt: 1 | 2 | 3;
    readonly visualPrompts: number;
    readonly localTopK: number;
    readonly beta: number;
    readonly gamma: number;
    readonly prototypeLoss: "cosine" | "l1";
  };
  readonly tau: number;
  readonly classes: readonly string[];
  readonly softTexts: readonly string[];
  readonly hardTexts: readonly string[];
  /** the images' own classes, one row a step */
  readonly labels: readonly (readonly number[])[];
  readonly sgd: { readonly lr: number; readonly momentum: number; readonly weightDecay: number };
  /** one object a step */
  readonly losses: readonly Readonly<Record<string, number>>[];
}

const cases: readonly Case[] = JSON.parse(readFileSync(join(fixtures, "method", "cases.json"), "utf8"));
const runtime = { threads: 2, provider: "cpu" };
/** How a batch runs: images a run, all where it is absent, and whether its products are Strassen's. */
const ways: Readonly<Record<string, { readonly microBatch?: number; readonly isStrassen: boolean }>> = {
  "one image a run": { microBatch: 1, isStrassen: false },
  "the whole batch": { isStrassen: false },
  "two images a run, by Strassen's scheme": { microBatch: 2, isStrassen: true },
};

async function specOf(backbone: Backbone, each: Case, fixture: Fixture): Promise<TrainingSpec> {
  const { options, softTexts, hardTexts, classes } = each;
  const { contextLength } = backbone.clip.config.text;
  const hard = tokenTable(backbone.tokenizer, hardTexts, contextLength);
  return {
    ...options,
    topK: options.localTopK,
    soft: tokenTable(backbone.tokenizer, softTexts, contextLength, options.contextLength),
    shapes: promptShapes(backbone.clip.config, { ...options, classes: classes.length }),
    classes: classes.length,
    hard: options.beta > 0 ? await encodeHardPrompts(backbone, hard, runtime) : undefined,
    prototypes: options.gamma > 0 ? fixture("prototypes") : undefined,
    source: "pixels",
    tau: each.tau,
  };
}

const startOf = ({ shapes }: TrainingSpec, fixture: Fixture): Prompts =>
  Object.fromEntries(Object.keys(shapes).map((name) => [name, fixture(name)]));

function batchOf({ labels, classes }: Case, step: number, images: TensorData, targets: TensorData): TrainingBatch {
  const size = labels[step].length;
  const values = size * classes.length;
  return {
    size,
    images: images.data,
    target: targets.data.subarray(step * values, (step + 1) * values),
    labels: labels[step],
  };
}

describe.each(cases)("$name", (each) => {
  it.each(Object.entries(ways))("loss terms, gradients and three steps, %s", async (_, { microBatch, isStrassen }) => {
    const opened = await openBackbone(join(fixtures, each.backbone));
    const backbone: Backbone = { ...opened, clip: isStrassen ? strassenClip(opened.clip, 0) : opened.clip };
    const fixture = await readFixture(`method/${each.name}.safetensors`);
    const pixels = await readFixture(`method/pixels-${each.backbone}.safetensors`);
    const spec = await specOf(backbone, each, fixture);
    const batchSize = each.labels[0].length;
    const training = await openTrainingSession(backbone, spec, { ...runtime, batchSize, memory: 1e9, microBatch });
    const optimiser = sgd(each.sgd);
    let prompts = startOf(spec, fixture);
    let state = optimiser.init(prompts);
    for (const [step, expected] of each.losses.entries()) {
      const batch = batchOf(each, step, pixels(`step.${step}`), fixture("target"));
      const { losses, gradients } = await runStep(training.sessions, prompts, batch, training.stepOptions);
      expect(Object.keys(losses).sort()).toEqual(Object.keys(expected).sort());
      for (const [name, value] of Object.entries(expected)) {
        expect(Math.abs(losses[name] - value) / Math.abs(value), `${name} of step ${step}`).toBeLessThan(tolerance);
      }
      if (step === 0) {
        for (const [name, gradient] of Object.entries(gradients)) {
          expect(relativeError(gradient, fixture(`gradient.${name}`)), name).toBeLessThan(tolerance);
        }
      }
      ({ prompts, state } = optimiser.update(prompts, gradients, state, each.sgd.lr));
    }
    for (const [name, { data }] of Object.entries(prompts)) {
      expect(relativeError(data, fixture(`after.${name}`)), name).toBeLessThan(tolerance);
    }
    await training.dispose();
  });

  it("θ and probabilities", async () => {
    const backbone = await openBackbone(join(fixtures, each.backbone));
    const fixture = await readFixture(`method/${each.name}.safetensors`);
    const pixels = await readFixture(`method/pixels-${each.backbone}.safetensors`);
    const spec = await specOf(backbone, each, fixture);
    const prompts = startOf(spec, fixture);
    const encoder = await openSoftPromptEncoder(backbone, spec.soft, prompts["text.context"], runtime);
    const theta = await encoder.encode(prompts["text.context"]);
    expect(relativeError(theta.data, fixture("text.features"))).toBeLessThan(tolerance);
    const { classes, topK } = spec;
    const visionPrompts = prompts["vision.prompts"];
    const options = { kind: "constants", batch: 4, classes, topK, theta, visionPrompts } as const;
    const classifier = await openClassifier(backbone, options, runtime);
    const probabilities = await classifier.classify(pixels("step.0").data, each.labels[0].length);
    expect(relativeError(probabilities, fixture("probabilities"))).toBeLessThan(tolerance);
    await Promise.all([encoder.dispose(), classifier.dispose()]);
  });
});

it.each(cases.filter(({ options: { gamma } }) => gamma > 0))(
  "prototypes of $name",
  async ({ name, backbone: at, classes }) => {
    const backbone = await openBackbone(join(fixtures, at));
    const fixture = await readFixture(`method/${name}.safetensors`);
    const images = (await readFixture(`method/pixels-${at}.safetensors`))("prototypes");
    const [count] = images.shape;
    const width = backbone.clip.config.jointWidth;
    const session = await openSession(toOnnx(featureGraph(backbone.clip, count)), {
      weightsFolder: backbone.clip.weights.folder,
    });
    const { global } = await session.run({ pixels: images.data });
    const rows = Array.from({ length: count }, (_, i) =>
      Float32Array.from(global.slice(i * width, (i + 1) * width), Number),
    );
    const prototypes = classPrototypes(new Map(rows.entries()), (i) => i % classes.length, classes.length, width);
    expect(relativeError(prototypes.data, fixture("prototypes"))).toBeLessThan(tolerance);
    await session.dispose();
  },
);

it("writes the hard prompts of the configurations as the reference does", () => {
  const each = cases.find(({ options: { hardPrompt } }) => hardPrompt === 3);
  const descriptions = {
    neutral: ["relaxed brows", "a closed mouth"],
    happiness: ["a smiling mouth", "raised cheeks"],
    surprise: ["raised brows", "an open mouth"],
    anger: ["lowered brows", "tight lips"],
  };
  expect(hardPrompts(3, each?.classes ?? [], descriptions)).toEqual(each?.hardTexts);
});
