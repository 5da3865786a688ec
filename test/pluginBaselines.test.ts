/** The baselines of examples/plugins against PyTorch's values on a tiny CLIP (tools/fixtures/deep_prompts.py). */
import { join } from "node:path";
import { expect, it } from "vitest";
import clipAdapter from "../examples/plugins/clipAdapter.ts";
import coCoOp from "../examples/plugins/coCoOp.ts";
import { pluginTools } from "../src/apps/plugins.ts";
import { openBackbone } from "../src/clip/backbone.node.ts";
import { toOnnx } from "../src/graph/onnx.ts";
import type { Baseline, SavedModel } from "../src/method/baselines/baseline.ts";
import { featureInput } from "../src/method/graphs.ts";
import { baselineInputs } from "./baselineInputs.ts";
import { fixtures, readFixture, relativeError, tolerance } from "./parity.ts";

const backbone = await openBackbone(join(fixtures, "tiny-clip"));
const { clip } = backbone;
const classes = ["neutral", "happiness", "surprise", "anger"];
const fixture = await readFixture("baselines/adapters.safetensors");
const [images, width] = fixture("features").shape;
const features = Array.from({ length: images }, (_, i) => {
  const row = fixture("features").data.subarray(i * width, (i + 1) * width);
  return row.map((value) => value / Math.hypot(...row));
});

it.each([
  ["clip-adapter", clipAdapter, ["down", "up", "theta"]],
  ["cocoop", coCoOp, ["context", "weight1", "bias1", "weight2", "bias2"]],
] as const)("the logits of %s on normalised features are PyTorch's to 1e-4", async (name, define, tensors) => {
  const [baseline] = (await define(pluginTools)).baselines ?? [];
  const model = {
    tensors: Object.fromEntries(tensors.map((each) => [each, fixture(each)])),
    settings: { scale: clip.scale },
  };
  const found = await logitsOf(baseline, model);
  expect(relativeError(found, fixture(`${name}.logits`))).toBeLessThan(tolerance);
});

it.each([
  ["clip-adapter", clipAdapter],
  ["cocoop", coCoOp],
] as const)("%s learns its labels, and the same for the same seed", async (_, define) => {
  const [baseline] = (await define(pluginTools)).baselines ?? [];
  const learn = (labels: readonly number[], seed = 1) =>
    baseline.learn({ ...baselineInputs(backbone, classes, features, labels), theta: fixture("theta"), seed });
  const right = [0, 0, 0];
  const model = await learn(right);
  expect(await learn(right)).toEqual(model);
  expect((await learn(right, 2)).tensors).not.toEqual(model.tensors);
  const other = await learn([1, 1, 1]);
  expect(margin(await logitsOf(baseline, model))).toBeGreaterThan(margin(await logitsOf(baseline, other)));
});

async function logitsOf(baseline: Baseline, model: SavedModel): Promise<readonly number[]> {
  const logits = baseline.logits(model, featureInput(clip, images), { ...backbone, classes });
  const session = await backbone.open(toOnnx({ logits }));
  const found = await session.run({ global: Float32Array.from(features.flatMap((row) => Array.from(row))) });
  await session.dispose();
  return Array.from(found.logits, Number);
}

/** Sum over the images of how far the first class's logit is above the second's. */
function margin(logits: readonly number[]): number {
  const rows = Array.from({ length: images }, (_, i) => logits.slice(i * classes.length, (i + 1) * classes.length));
  return rows.reduce((sum, [first, second]) => sum + first - second, 0);
}
