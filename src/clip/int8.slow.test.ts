/** Eight bits against single precision: gradients of prompts, probabilities, the cached file, and a training. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { cosine } from "../../test/cosine.ts";
import { drawnFolder } from "../../test/drawnFolder.ts";
import { openClassifier } from "../method/classifier.ts";
import { initialPrompts } from "../method/prompts.ts";
import { runStep } from "../method/step.ts";
import { openTrainingSession } from "../method/trainingSession.ts";
import { benchSchema } from "../runs/bench/options.ts";
import { benchBatch, benchSpec } from "../runs/bench/work.ts";
import { evaluate } from "../runs/evaluate/evaluate.ts";
import { evaluateSchema } from "../runs/evaluate/options.ts";
import { trainSchema } from "../runs/options.ts";
import { train } from "../runs/train/train.ts";
import { openBackbone } from "./backbone.node.ts";
import type { Backbone } from "./backbone.ts";
import { int8Backbone } from "./int8.node.ts";

let cache: string;
let single: Backbone;
let eight: Backbone;

beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), "mpa-fer-"));
  single = await openBackbone("faceclip-mini");
  eight = await int8Backbone(single, {}, cache);
});
afterAll(() => rm(cache, { recursive: true, force: true }));

describe("faceclip-mini", () => {
  it("has prompt gradients and losses close to those of single precision", async () => {
    const [exact, rounded] = [await stepOf(single), await stepOf(eight)];
    for (const [name, value] of Object.entries(exact.losses)) {
      expect(Math.abs(rounded.losses[name] / value - 1), name).toBeLessThan(0.01);
    }
    for (const [name, values] of Object.entries(exact.gradients)) {
      expect(cosine(rounded.gradients[name], values), name).toBeGreaterThan(0.99);
      expect(rounded.gradients[name]).not.toEqual(values);
    }
  });

  it("has predictions close to those of single precision", async () => {
    const { classes, topK, theta, images } = await predictionOf(single);
    const options = { kind: "constants", batch: 8, classes, topK, theta } as const;
    const rows: Float32Array[] = [];
    for (const backbone of [single, eight]) {
      const classifier = await openClassifier(backbone, options, { threads: 1, provider: "cpu" });
      rows.push(await classifier.classify(images, 8));
      await classifier.dispose();
    }
    const [exact, rounded] = rows;
    expect(Math.max(...exact.map((p, i) => Math.abs(p - rounded[i])))).toBeLessThan(0.03);
  });

  it("caches one file per weights, and rejects a corrupt one", async () => {
    const names = await readdir(cache);
    expect(names).toHaveLength(1);
    const [name] = names;
    const before = await stat(join(cache, name));
    await int8Backbone(single, {}, cache);
    expect((await stat(join(cache, name))).mtimeMs).toBe(before.mtimeMs);
    const broken = await mkdtemp(join(tmpdir(), "mpa-fer-"));
    await writeFile(join(broken, name), (await readFile(join(cache, name))).subarray(0, 1000));
    await expect(int8Backbone(single, {}, broken)).rejects.toMatchObject({ code: "WEIGHTS" });
    await rm(broken, { recursive: true });
  });
});

it("trains and scores with --precision int8, and does not resume in another precision", async () => {
  vi.stubEnv("XDG_CACHE_HOME", cache);
  const data = await drawnFolder(join(cache, "data"), { train: 2, valid: 1 });
  const out = join(cache, "run");
  const given = {
    data,
    dataset: "folder",
    variant: "mpa",
    batchSize: 3,
    hardPrompt: 2,
    prototypeImages: 1,
    threads: 1,
  };
  const configOf = (more: object) => trainSchema.config.parse({ ...given, out, maxSteps: 2, ...more });
  const { metrics } = await train(configOf({ precision: "int8" }));
  const manifest = JSON.parse(await readFile(join(out, "run.json"), "utf8"));
  expect(manifest).toMatchObject({ steps: 2, config: { precision: "int8" } });
  await expect(train(configOf({ resume: true, maxSteps: 3 }))).rejects.toMatchObject({ code: "CHECKPOINT" });
  const checkpoint = join(out, "best.safetensors");
  const scored = { data, dataset: "folder", checkpoint, precision: "int8", batchSize: 3, threads: 1 };
  const { evaluation } = await evaluate(evaluateSchema.config.parse(scored));
  expect(evaluation.confusion).toEqual(metrics?.confusion);
  vi.unstubAllEnvs();
});

const config = benchSchema.config.parse({ batchSize: 8, threads: 1 });

async function stepOf(backbone: Backbone) {
  const spec = await benchSpec(backbone, config);
  const training = await openTrainingSession(backbone, spec, config);
  const prompts = initialPrompts(spec.shapes, 1);
  const step = await runStep(training.sessions, prompts, benchBatch(backbone, 8), training.stepOptions);
  await training.dispose();
  return step;
}

async function predictionOf(backbone: Backbone) {
  const { classes, topK, prototypes } = await benchSpec(backbone, config);
  if (prototypes === undefined) throw new Error("the bench has all losses");
  return { classes, topK, theta: prototypes, images: benchBatch(backbone, 8).images };
}
