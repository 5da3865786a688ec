/** Temperature and the mirrored read of a model's answers. */
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { fixtures } from "../../test/parity.ts";
import { openBackbone } from "../clip/backbone.node.ts";
import type { Backbone } from "../clip/backbone.ts";
import { withTemperature } from "../evaluation/calibration.ts";
import { Random } from "../platform/random.ts";
import type { Inference } from "./checkpoint.ts";
import { promptedOver } from "./model.ts";

const classes = ["calm", "glad", "sad"];
const images = 3;
let backbone: Backbone;
let pixels: Float32Array;
let mirrored: Float32Array;

beforeAll(async () => {
  backbone = await openBackbone(join(fixtures, "tiny-clip"));
  const side = backbone.clip.config.vision.imageSize;
  const random = new Random("inference", 1);
  pixels = Float32Array.from({ length: images * 3 * side ** 2 }, () => random.normal());
  mirrored = pixels.map((_, i) => pixels[i - (i % side) + side - 1 - (i % side)]);
});

async function answers(image: Float32Array, inference?: Inference, how?: { flip: boolean }): Promise<Float32Array> {
  const { clip, preprocess } = backbone;
  const width = clip.config.jointWidth;
  const random = new Random("theta", 1);
  const theta = { shape: [3, width], data: Float32Array.from({ length: 3 * width }, () => 0.1 * random.normal()) };
  const visionPrompts = {
    shape: [clip.config.vision.layers, 2, clip.config.vision.width],
    data: new Float32Array(clip.config.vision.layers * 2 * clip.config.vision.width).map(() => random.normal()),
  };
  const prompted = { clip, preprocess, classes, theta, visionPrompts, topK: 2, inference };
  const classifier = await promptedOver(backbone, prompted, { threads: 1, provider: "cpu" }).open(2, how);
  try {
    return await classifier.classify(image, images);
  } finally {
    await classifier.dispose();
  }
}

const expectClose = (found: Float32Array, expected: Float32Array) => {
  expect(found.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 5);
};

it("divides the logits by the temperature", async () => {
  const plain = await answers(pixels);
  const sharpened = await answers(pixels, { temperature: 0.5, flip: false });
  expectClose(sharpened, withTemperature(plain, classes.length, 0.5));
  expect(Math.max(...sharpened)).toBeGreaterThan(Math.max(...plain) + 0.001);
});

it("adds a number a class to the logits, before the temperature", async () => {
  const [plain, adjustment] = [await answers(pixels), [0, 0.6, -0.4]];
  const adjusted = await answers(pixels, { temperature: 0.5, flip: false, adjustment });
  const shifted = plain.map((p, i) => p * Math.exp(adjustment[i % 3]));
  expectClose(adjusted, withTemperature(shifted, classes.length, 0.5));
  expect(adjusted[1]).toBeGreaterThan(plain[1] + 0.01);
});

describe("the mirrored read", () => {
  it("averages the logits of the image and its mirror image", async () => {
    const [one, other] = [await answers(pixels), await answers(mirrored)];
    expect(Math.max(...one.map((p, i) => Math.abs(p - other[i])))).toBeGreaterThan(1e-3);
    const roots = one.map((p, i) => Math.sqrt(p * other[i]));
    const sums = Array.from({ length: images }, (_, i) => roots[3 * i] + roots[3 * i + 1] + roots[3 * i + 2]);
    const expected = roots.map((value, i) => value / sums[Math.floor(i / 3)]);
    const flipped = { temperature: 1, flip: true };
    expectClose(await answers(pixels, flipped), expected);
    expectClose(await answers(mirrored, flipped), expected);
  });

  it("can be left out or asked for when the model is opened", async () => {
    const flipped = await answers(pixels, { temperature: 2, flip: true });
    const plain = await answers(pixels, { temperature: 2, flip: false });
    expectClose(await answers(pixels, { temperature: 2, flip: true }, { flip: false }), plain);
    expectClose(await answers(pixels, { temperature: 2, flip: false }, { flip: true }), flipped);
  });
});
