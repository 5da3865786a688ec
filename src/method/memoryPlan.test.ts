import { join } from "node:path";
import { expect, it } from "vitest";
import { fixtures } from "../../test/parity.ts";
import { openBackbone } from "../clip/backbone.node.ts";
import { benchSchema } from "../runs/bench/options.ts";
import { benchSpec } from "../runs/bench/work.ts";
import { microBatchSize, minMemory, trainingBytes, trainingMemory } from "./memoryPlan.ts";

const estimate = (images: number) => ({ activations: 1000 + 100 * images, weights: 500 });
const needs = { one: estimate(1), two: estimate(2) };

it("takes the whole batch where it fits", () => {
  expect(microBatchSize(32, { limit: 1e9, max: 32 }, needs)).toBe(32);
});

it("balances the runs under the limit", () => {
  const limit = 2500 + 130 * 9 + 1;
  // fixed 1000 + 3·500, 130 an image: 9 images fit, four runs of 8 serve 32
  expect(microBatchSize(32, { limit, max: 32 }, needs)).toBe(8);
  expect(microBatchSize(10, { limit, max: 32 }, needs)).toBe(5);
});

it("respects the maximum micro-batch", () => {
  expect(microBatchSize(32, { limit: 1e9, max: 5 }, needs)).toBe(5);
});

it("counts the memory of each session", () => {
  // fixed 2·1000 + 5·500, 2·130 an image: 9 images fit in 4500 + 260·9 bytes
  expect(microBatchSize(9, { limit: 4500 + 260 * 9, max: 32, poolSize: 2 }, needs)).toBe(9);
  expect(microBatchSize(9, { limit: 4500 + 260 * 9 - 1, max: 32, poolSize: 2 }, needs)).toBe(5);
});

it("returns undefined if no image fits, and the minimum memory", () => {
  expect(microBatchSize(32, { limit: 2600, max: 32 }, needs)).toBeUndefined();
  expect(microBatchSize(32, { limit: 2630, max: 32 }, needs)).toBe(1);
  expect(minMemory(needs)).toBe(2630);
});

it("estimates the memory of a micro-batch", () => {
  // fixed 1000 + 3·500, 130 an image; in two sessions 2·1000 + 5·500, 260 an image
  expect(trainingBytes({ microBatch: 8, poolSize: 1 }, needs)).toBe(2500 + 8 * 130);
  expect(trainingBytes({ microBatch: 8, poolSize: 2 }, needs)).toBe(4500 + 8 * 260);
});

it("expects the memory of the images that a session takes: pixels where mixup blends them", async () => {
  const backbone = await openBackbone(join(fixtures, "tiny-clip"));
  const config = benchSchema.config.parse({ variant: "coop", batchSize: 4, threads: 1 });
  const spec = { ...(await benchSpec(backbone, config)), isMixed: true };
  const options = { ...config, provider: "webgpu" };
  const ofPixels = trainingMemory(backbone, spec, { ...options, form: "pixels" });
  expect(trainingMemory(backbone, spec, options)).toEqual(ofPixels);
  const ofPictures = trainingMemory(backbone, { ...spec, isMixed: false }, options);
  expect(ofPictures.bytes).toBeGreaterThan(ofPixels.bytes);
});
