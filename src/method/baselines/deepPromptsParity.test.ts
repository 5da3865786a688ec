/** MaPLe and PromptSRC against PyTorch's values on a tiny CLIP (tools/fixtures/deep_prompts.py). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";
import { baselineInputs } from "../../../test/baselineInputs.ts";
import { type Fixture, fixtures, readFixture, relativeError, tolerance } from "../../../test/parity.ts";
import { openBackbone } from "../../clip/backbone.node.ts";
import { strassenClip } from "../../clip/clip.ts";
import { visionTower } from "../../clip/imageTower.ts";
import { tokenTable } from "../../clip/textTower.ts";
import { toOnnx } from "../../graph/onnx.ts";
import { constant, type TensorData } from "../../graph/tensor.ts";
import { epochAverage, nextAverage } from "../averaging.ts";
import { gradientName, pixelInput } from "../graphs.ts";
import { sgd } from "../optimiser.ts";
import type { Prompts } from "../prompts.ts";
import { oneHotRows } from "./baseline.ts";
import { deepTextFeatures, initialTextPrompts, textStart } from "./deepPrompts.ts";
import { imagenetTemplates } from "./imagenetTemplates.ts";
import { tensorStep } from "./learnTensors.ts";
import { maple, mapleLoss } from "./maple.ts";
import { gaussianAverage, promptSrc, promptSrcLoss } from "./promptSrc.ts";

const numbers = z.array(z.number());
const {
  classes,
  labels,
  sgd: settings,
  cases,
} = z
  .object({
    classes: z.array(z.string()),
    labels: z.array(numbers),
    sgd: z.object({ lr: z.number(), momentum: z.number(), weight_decay: z.number() }),
    cases: z.array(
      z.object({
        name: z.string(),
        method: z.enum(["maple", "promptsrc"]),
        texts: z.array(z.string()),
        losses: numbers,
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(join(fixtures, "baselines", "deepPrompts.json"), "utf8")));

const backbone = await openBackbone(join(fixtures, "tiny-clip"));
const pixels = await readFixture("method/pixels-tiny-clip.safetensors");
const learnedNames = {
  maple: ["text.prompts", "coupling.weight", "coupling.bias"],
  promptsrc: ["text.prompts", "vision.prompts"],
} as const;
const images = labels[0].length;

const lossOf = (method: "maple" | "promptsrc", texts: readonly string[], fixture: Fixture, clip = backbone.clip) => {
  const slots = fixture("text.prompts").shape[1];
  const tokens = tokenTable(backbone.tokenizer, texts, clip.config.text.contextLength, slots);
  return method === "maple" ? mapleLoss(clip, tokens) : promptSrcLoss(clip, tokens, fixture("frozen"));
};

it.each(cases)("the loss, gradients and tensors of three steps of $name are PyTorch's to 1e-4", async (each) => {
  const fixture = await readFixture(`baselines/${each.name}.safetensors`);
  const names = learnedNames[each.method];
  let prompts: Prompts = Object.fromEntries(names.map((name) => [name, fixture(name)]));
  const { clip } = backbone;
  const training = { initial: prompts, loss: lossOf(each.method, each.texts, fixture) };
  const session = await backbone.open(toOnnx(tensorStep(clip, training, pixelInput(clip, images), classes.length)));
  const optimiser = sgd({ momentum: settings.momentum, weightDecay: settings.weight_decay });
  let state = optimiser.init(prompts);
  for (const [step, expected] of each.losses.entries()) {
    const found = await session.run({
      ...Object.fromEntries(names.map((name) => [name, prompts[name].data])),
      pixels: pixels(`step.${step}`).data,
      target: oneHotRows(labels[step], classes.length).data,
      weight: new Float32Array(images).fill(1 / images),
    });
    expect(Math.abs(Number(found.L_vt[0]) - expected) / expected).toBeLessThan(tolerance);
    const gradients = Object.fromEntries(
      names.map((name) => [name, Float32Array.from(found[gradientName(name)], Number)]),
    );
    if (step === 0) {
      for (const name of names)
        expect(relativeError(gradients[name], fixture(`gradient.${name}`))).toBeLessThan(tolerance);
    }
    ({ prompts, state } = optimiser.update(prompts, gradients, state, settings.lr));
  }
  await session.dispose();
  for (const name of names) {
    expect(relativeError(prompts[name].data, fixture(`after.${name}`))).toBeLessThan(tolerance);
    expect(relativeError(fixture(name).data, fixture(`after.${name}`))).toBeGreaterThan(10 * tolerance);
  }
});

it.each(cases)(
  "the features and logits of a saved model of $name are PyTorch's to 1e-4, by Strassen's scheme too",
  async (each) => {
    const fixture = await readFixture(`baselines/${each.name}.safetensors`);
    const method = each.method === "maple" ? maple : promptSrc;
    const learned = Object.fromEntries(learnedNames[each.method].map((name) => [name, fixture(name)]));
    const { contextLength } = backbone.clip.config.text;
    const prompts = fixture("text.prompts");
    const tokens = tokenTable(backbone.tokenizer, each.texts, contextLength, prompts.shape[1]);
    const theta = deepTextFeatures(backbone.clip, tokens, constant(prompts.data, prompts.shape));
    const model = { tensors: { ...learned, theta: fixture("theta") }, settings: { scale: backbone.clip.scale } };
    for (const clip of [backbone.clip, strassenClip(backbone.clip, 1)]) {
      const task = { ...backbone, clip, classes };
      // Strassen's scheme halves even batches only; the fourth image is one of zeros.
      const global = method.image?.(model, pixelInput(clip, 4), task);
      if (global === undefined) throw new Error("it has features of its own");
      const session = await backbone.open(toOnnx({ theta, global, logits: method.logits(model, global, task) }));
      const size = pixels("step.0").data.length;
      const padded = new Float32Array((size / images) * 4);
      padded.set(pixels("step.0").data);
      const found = await session.run({ pixels: padded });
      await session.dispose();
      const firstRows = (name: string, { shape }: TensorData) => found[name].slice(0, shape[0] * shape[1]);
      for (const name of ["theta", "global", "logits"]) {
        expect(relativeError(firstRows(name, fixture(name)), fixture(name))).toBeLessThan(tolerance);
      }
    }
  },
);

it("gives the patches and the same class token with local features where prompts are tokens of later layers", async () => {
  const { vision, jointWidth } = backbone.clip.config;
  const prompts = (await readFixture("baselines/promptsrc-1-2.safetensors"))("vision.prompts");
  expect(prompts.shape[0]).toBeLessThan(vision.layers);
  const given = pixelInput(backbone.clip, images);
  const features = (local: boolean) =>
    visionTower(backbone.clip, given, { prompts: constant(prompts.data, prompts.shape), local });
  const { global, local } = features(true);
  if (local === undefined) throw new Error("there are no local features");
  expect(local.shape).toEqual([images, vision.grid ** 2, jointWidth]);
  const session = await backbone.open(toOnnx({ global, alone: features(false).global, local }));
  const found = await session.run({ pixels: pixels("step.0").data });
  await session.dispose();
  expect(relativeError(found.global, { data: Float32Array.from(found.alone, Number) })).toBeLessThan(1e-5);
  expect(Array.from(found.local, Number).every(Number.isFinite)).toBe(true);
});

it("the text prompts start from the words of the first tokens, and noise below", async () => {
  const start = await textStart(baselineInputs(backbone, classes), 2);
  const { shape, data } = initialTextPrompts(start, 2, ["test"]);
  const width = backbone.clip.config.text.width;
  expect(shape).toEqual([2, 2, width]);
  const table = await backbone.clip.weights.values("text_model.embeddings.token_embedding.weight");
  const [a, photo] = backbone.tokenizer.encode("a photo of a");
  for (const [slot, id] of [a, photo].entries()) {
    expect(data.slice(slot * width, (slot + 1) * width)).toEqual(
      Float32Array.from(table.slice(id * width, (id + 1) * width)),
    );
  }
  const noise = data.slice(2 * width);
  expect(Math.sqrt(noise.reduce((sum, value) => sum + value * value, 0) / noise.length)).toBeCloseTo(0.02, 2);
  expect(start.tokens.ids[1].slice(3, 5)).toEqual(
    Int32Array.from(backbone.tokenizer.encode("of a happiness.").slice(0, 2)),
  );
});

it("averages epochs by the normalised weights of a Gaussian", () => {
  const values = [3, 1, 4, 1, 5];
  const weights = values.map((_, i) => Math.exp(-0.5 * ((i + 1 - 4) / 1.5) ** 2));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const expected = values.reduce((sum, value, i) => sum + value * weights[i], 0) / total;
  const averaged = (averaging: ReturnType<typeof gaussianAverage>) =>
    values.reduce<Parameters<typeof nextAverage>[3]["average"]>((average, value, epoch) => {
      const prompts = { w: { shape: [1], data: Float32Array.of(value) } };
      return nextAverage(averaging, "epoch", epoch, { average, prompts });
    }, undefined)?.prompts.w.data[0];
  expect(averaged(gaussianAverage(4, 1.5))).toBeCloseTo(expected, 6);
  expect(averaged(epochAverage(1))).toBeCloseTo(2.8, 6);
});

it("has 60 templates, each with one place for the class", () => {
  expect(new Set(imagenetTemplates).size).toBe(60);
  for (const template of imagenetTemplates) expect(template.split("{}")).toHaveLength(2);
});
