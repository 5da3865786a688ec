/** Parallel sessions give bit-identical results to one session: training steps, probabilities, features. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeTinyBackbone } from "../../test/tinyBackbone.ts";
import { openBackbone } from "../clip/backbone.node.ts";
import type { Backbone } from "../clip/backbone.ts";
import { formulaValues } from "../clip/random.node.ts";
import type { Images } from "../data/batches.ts";
import { ferClasses } from "../data/sample.ts";
import { silent } from "../platform/context.ts";
import { benchSchema } from "../runs/bench/options.ts";
import { benchBatch, benchSpec } from "../runs/bench/work.ts";
import { openClassifier } from "./classifier.ts";
import { initialPrompts } from "./prompts.ts";
import { frozenFeatures } from "./prototypes.ts";
import { runStep } from "./step.ts";
import { openTrainingSession } from "./trainingSession.ts";

let folder: string;
let backbone: Backbone;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pool-"));
  backbone = await openBackbone(await writeTinyBackbone(join(folder, "tiny")));
});
afterAll(() => rm(folder, { recursive: true }));

it("trains with bit-identical results in parallel, including a short last micro-batch", async () => {
  const config = benchSchema.config.parse({ backbone: "tiny", batchSize: 7, threads: 2, classes: 8 });
  const spec = await benchSpec(backbone, config);
  const prompts = initialPrompts(spec.shapes, 1);
  const results = [];
  for (const poolSize of [1, 2]) {
    const training = await openTrainingSession(backbone, spec, { ...config, microBatch: 2, poolSize });
    const { sessions, stepOptions } = training;
    expect("images" in sessions && sessions.images.concurrency).toBe(poolSize);
    results.push(await runStep(sessions, prompts, benchBatch(backbone, 7), stepOptions));
    await training.dispose();
  }
  expect(results[1]).toEqual(results[0]);
  expect(results[0].losses.L_vt).toBeGreaterThan(0.1);
});

it("classifies with bit-identical results in parallel", async () => {
  const { vision, jointWidth } = backbone.clip.config;
  const n = 300;
  const images = formulaValues("faces", n * 3 * vision.imageSize ** 2, 0, 1);
  const theta = { shape: [8, jointWidth], data: formulaValues("theta", 8 * jointWidth, 0, jointWidth ** -0.5) };
  const options = { kind: "constants", batch: n, classes: ferClasses.length, topK: 4, theta } as const;
  const answers = [];
  for (const poolSize of [1, 2]) {
    const classifier = await openClassifier(backbone, options, { threads: 2, provider: "cpu", poolSize });
    answers.push(await classifier.classify(images, n));
    await classifier.dispose();
  }
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[0].length).toBe(n * 8);
});

it("computes bit-identical features in several micro-batches, including after unreadable images", async () => {
  const values = 3 * backbone.clip.config.vision.imageSize ** 2;
  const all = formulaValues("faces", 201 * values, 0, 1);
  const images: Images = {
    split: { name: "train", root: "", classes: [], samples: [], leftOut: 0 },
    async *batches({ order, batchSize }) {
      for (let start = 0; start < order.length; start += batchSize) {
        // The seventh image cannot be read.
        const indices = order.slice(start, start + batchSize).filter((index) => index !== 7);
        const pixels = new Float32Array(batchSize * values);
        for (const [row, i] of indices.entries()) pixels.set(all.subarray(i * values, (i + 1) * values), row * values);
        yield { indices, pixels, labels: indices.map(() => 0), bad: [] };
      }
    },
  };
  const order = Array.from({ length: 201 }, (_, i) => 200 - i);
  const options = { provider: "cpu", progress: silent, label: "features" };
  const small = await frozenFeatures(backbone, images, order, { ...options, batchSize: 20, threads: 1 });
  const large = await frozenFeatures(backbone, images, order, { ...options, batchSize: 150, threads: 2 });
  expect(large).toEqual(small);
  expect(new Set([...large.values()].map(String)).size).toBe(200);
  expect([...large.keys()]).toEqual(order.filter((index) => index !== 7));
});
