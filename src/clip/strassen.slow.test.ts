/** An image encoder whose products are Strassen's: its results are those of plain products, but for rounding. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeTinyBackbone } from "../../test/tinyBackbone.ts";
import { topologicalOrder } from "../graph/gradient.ts";
import { estimateMemory } from "../graph/memory.ts";
import { openClassifier } from "../method/classifier.ts";
import { trainingGraph } from "../method/graphs.ts";
import { initialPrompts } from "../method/prompts.ts";
import { runStep } from "../method/step.ts";
import { openTrainingSession } from "../method/trainingSession.ts";
import { benchSchema } from "../runs/bench/options.ts";
import { benchBatch, benchSpec } from "../runs/bench/work.ts";
import { openBackboneIn } from "./backbone.node.ts";
import type { Backbone } from "./backbone.ts";
import type { TowerConfig } from "./config.ts";

const layers = 3;
let folder: string;
let plain: Backbone;
let strassen: Backbone;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "strassen-"));
  const vision = { width: 512, layers, heads: 8, imageSize: 48, patchSize: 16 };
  const text = { width: 64, layers: 1, heads: 4, vocabulary: 4096 };
  const at = await writeTinyBackbone(join(folder, "wide"), undefined, { vision, text, jointWidth: 64 });
  plain = await openBackboneIn({ precision: "fp32" }, at, {});
  strassen = await openBackboneIn({ precision: "fp32-strassen" }, at, {});
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(["quick_gelu", "gelu"] as const)("with %s", (activation) => {
  it.each(["mpa", "coop"] as const)("%s trains with the same losses and gradients", async (variant) => {
    const [expected, found] = [await step(plain, 4), await step(strassen, 4)];
    for (const [name, loss] of Object.entries(expected.losses)) {
      expect(Math.abs(found.losses[name] - loss), name).toBeLessThanOrEqual(1e-5 * Math.abs(loss));
    }
    for (const [name, values] of Object.entries(expected.gradients)) {
      const most = Math.max(...values.map(Math.abs));
      const off = Math.max(...values.map((value, i) => Math.abs(found.gradients[name][i] - value)));
      expect(off / most, name).toBeLessThan(1e-4);
    }
    // Equal losses would mean that no product was Strassen's.
    expect(found.losses).not.toEqual(expected.losses);

    async function step(backbone: Backbone, batch: number) {
      const given = withActivation(backbone, activation);
      const config = benchSchema.config.parse({ batchSize: batch, threads: 1, variant, hardPrompt: 2 });
      const spec = await benchSpec(given, config);
      const training = await openTrainingSession(given, spec, config);
      const prompts = initialPrompts(spec.shapes, 1);
      const result = await runStep(training.sessions, prompts, benchBatch(given, batch), training.stepOptions);
      await training.dispose();
      return result;
    }
  });
});

it("has the same predictions, bit for bit for one face", async () => {
  expect(await off(2)).toBeGreaterThan(0);
  expect(await off(2)).toBeLessThan(1e-5);
  expect(await off(1)).toBe(0);
});

it("gives a notice and changes nothing if a tower is too narrow", async () => {
  const lines: string[] = [];
  const { clip } = await openBackboneIn({ precision: "fp32-strassen" }, "faceclip-mini", {
    notice: (line) => lines.push(line),
  });
  expect(clip.arithmetic.vision.gridSize(2, clip.config.vision.heads)).toBe(1);
  expect(lines).toEqual([expect.stringContaining("faceclip-mini's image encoder is too narrow")]);
});

it.each([
  ["an MLP of an odd width (2047)", { intermediate_size: 2047 }, 8],
  ["an odd number of heads (1)", {}, 1],
])("falls back with a reason for %s", async (what, config, heads) => {
  const vision = { width: 512, layers: 1, heads, imageSize: 32, patchSize: 16 };
  const text = { width: 64, layers: 1, heads: 4, vocabulary: 4096 };
  const at = await writeTinyBackbone(join(folder, what), undefined, { vision, text, jointWidth: 64 }, config);
  const lines: string[] = [];
  const odd = await openBackboneIn({ precision: "fp32-strassen" }, at, { notice: (line) => lines.push(line) });
  expect(lines).toEqual([expect.stringContaining(`has ${what}, which fp32-strassen cannot halve`)]);
  const plain = await openBackboneIn({ precision: "fp32" }, at, {});
  expect(await probabilities(odd, 2)).toEqual(await probabilities(plain, 2));
});

async function off(images: number): Promise<number> {
  const [expected, found] = [await probabilities(plain, images), await probabilities(strassen, images)];
  expect(found.length).toBe(8 * images);
  return Math.max(...found.map((value, i) => Math.abs(value - expected[i])));
}

it("is used in all layers, forward and backward, for even batches", async () => {
  const config = benchSchema.config.parse({ threads: 1, hardPrompt: 2 });
  const spec = await benchSpec(strassen, config);
  const products = (backbone: Backbone, images: number) =>
    topologicalOrder(Object.values(trainingGraph(backbone.clip, images, spec))).filter(
      ({ operator }) => operator === "strassen",
    ).length;
  // Backwards no parameter is reached through the inputs of the first layer's queries, keys and values.
  expect(products(strassen, 2)).toBe(6 * layers + 6 * layers - 3);
  expect(products(strassen, 3)).toBe(0);
  expect(products(plain, 2)).toBe(0);
  const weights = (images: number) => estimateMemory(trainingGraph(strassen.clip, images, spec)).weights;
  expect(weights(2) - weights(1)).toBe(0.75 * 4 * layers * 12 * 512 ** 2 + 0.75 * 4 * layers * 2 * 16 * 512);
});

async function probabilities(backbone: Backbone, images: number): Promise<Float32Array> {
  const config = benchSchema.config.parse({ threads: 1, hardPrompt: 2 });
  const { classes, topK, prototypes } = await benchSpec(backbone, config);
  if (prototypes === undefined) throw new Error("the bench has all losses");
  const options = { kind: "constants", batch: images, classes, topK, theta: prototypes } as const;
  const classifier = await openClassifier(backbone, options, { threads: 1, provider: "cpu" });
  const found = await classifier.classify(benchBatch(backbone, images).images, images);
  await classifier.dispose();
  return found;
}

function withActivation(backbone: Backbone, activation: TowerConfig["activation"]): Backbone {
  const { config } = backbone.clip;
  return { ...backbone, clip: { ...backbone.clip, config: { ...config, vision: { ...config.vision, activation } } } };
}
