/** Sessions side by side: the contract of one session, its bits, and what becomes of it in trouble. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openBackbone } from "../src/clip/backbone.node.ts";
import type { Backbone } from "../src/clip/backbone.ts";
import { formulaValues } from "../src/clip/random.node.ts";
import type { Images } from "../src/data/batches.ts";
import { ferClasses } from "../src/data/sample.ts";
import { toOnnx } from "../src/graph/onnx.ts";
import { add, matmul } from "../src/graph/ops/index.ts";
import { openSession } from "../src/graph/runtime/session.node.ts";
import { input } from "../src/graph/tensor.ts";
import { openClassifier } from "../src/method/classifier.ts";
import { initialPrompts } from "../src/method/prompts.ts";
import { frozenFeatures } from "../src/method/prototypes.ts";
import { runStep } from "../src/method/step.ts";
import { openTrainingSession } from "../src/method/trainingSession.ts";
import { silent } from "../src/platform/context.ts";
import { benchSchema } from "../src/runs/bench/options.ts";
import { benchBatch, benchSpec } from "../src/runs/bench/work.ts";
import { type ContractRuntime, keepContract } from "./sessionContract.ts";
import { writeTinyBackbone } from "./tinyBackbone.ts";

let folder: string;
let backbone: Backbone;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pool-"));
  backbone = await openBackbone(await writeTinyBackbone(join(folder, "tiny")));
});
afterAll(() => rm(folder, { recursive: true }));

it("keeps the contract of a session, to the bit", async () => {
  const runtime =
    (poolSize: number): ContractRuntime =>
    async (weights) => {
      await writeFile(join(folder, "weights.bin"), weights);
      return (model, options) => openSession(model, { weightsFolder: folder, poolSize, ...options });
    };
  expect(await keepContract(runtime(2))).toEqual(await keepContract(runtime(1)));
});

it("takes more runs than it has sessions, and goes on after one that failed", async () => {
  const x = input("x", [2, 2]);
  const session = await openSession(toOnnx({ out: add(matmul(x, x), x) }), { threads: 2, poolSize: 2 });
  expect(session.concurrency).toBe(2);
  const run = (value: number) => session.run({ x: Float32Array.of(value, 0, 0, value) });
  const bad = expect(session.run({ x: new Float32Array(3) })).rejects.toMatchObject({ code: "INTERNAL" });
  const results = await Promise.all([1, 2, 3, 4, 5, 6, 7].map(run));
  expect(results.map(({ out }) => out[0])).toEqual([2, 6, 12, 20, 30, 42, 56]);
  await bad;
  await session.dispose();
  await expect(run(1)).rejects.toMatchObject({ code: "USAGE" });
});

it.each([1, 2])("ends after the runs that are under way, and only once, with %i sessions", async (poolSize) => {
  const x = input("x", [2, 2]);
  const session = await openSession(toOnnx({ out: add(matmul(x, x), x) }), { threads: 2, poolSize });
  const run = (value: number) => session.run({ x: Float32Array.of(value, 0, 0, value) });
  const running = [1, 2, 3, 4, 5].map(run);
  await Promise.all([session.dispose(), session.dispose()]);
  await session.dispose();
  expect((await Promise.all(running)).map(({ out }) => out[0])).toEqual([2, 6, 12, 20, 30]);
  const message = expect.stringContaining("the session is used after it was disposed of");
  await expect(run(1)).rejects.toMatchObject({ code: "USAGE", message });
});

it("reads a feed before it is filled anew, and leaves it to its owner", async () => {
  const x = input("x", [4]);
  const session = await openSession(toOnnx({ out: add(x, x) }), { threads: 2, poolSize: 2 });
  const buffer = Float32Array.from({ length: 12 }, (_, i) => i);
  const results = [0, 1, 2].map((part) => session.run({ x: buffer.subarray(4 * part, 4 * part + 4) }));
  buffer.fill(-1);
  expect((await Promise.all(results)).map(({ out }) => Array.from(out, Number))).toEqual([
    [0, 2, 4, 6],
    [8, 10, 12, 14],
    [16, 18, 20, 22],
  ]);
  expect(buffer.length).toBe(12);
  await session.dispose();
});

it("trains to the same bits side by side as one after another, a short last part too", async () => {
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

it("classifies to the same bits side by side as one after another", async () => {
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

it("computes features to the same bits in batches of several parts, whatever was left out", async () => {
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
