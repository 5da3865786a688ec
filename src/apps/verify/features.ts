/** Features of pictures and texts by the frozen encoders. */
import type { Backbone } from "../../clip/backbone.ts";
import { towerPixels } from "../../clip/preprocess.ts";
import { tokenTable } from "../../clip/textTower.ts";
import { encodeHardPrompts, openGraph, type RuntimeOptions } from "../../method/classifier.ts";
import { featureGraph } from "../../method/graphs.ts";
import type { RgbImage } from "../../pictures/image.ts";

/** Normalised features of pictures, one row of E values each, without prompts. */
export async function pictureFeatures(
  backbone: Backbone,
  pictures: readonly RgbImage[],
  runtime: RuntimeOptions,
): Promise<Float32Array[]> {
  const session = await openGraph(backbone, featureGraph(backbone.clip, 1), runtime);
  try {
    const features: Float32Array[] = [];
    for (const picture of pictures) {
      const { global } = await session.run({ pixels: towerPixels(picture, backbone.preprocess) });
      features.push(Float32Array.from(global, Number));
    }
    return features;
  } finally {
    await session.dispose();
  }
}

/** Normalised features of texts, one row of E values each. */
export async function sentenceFeatures(
  backbone: Backbone,
  texts: readonly string[],
  runtime: RuntimeOptions,
): Promise<Float32Array[]> {
  const { text, jointWidth } = backbone.clip.config;
  const tokens = tokenTable(backbone.tokenizer, texts, text.contextLength);
  const { prompt } = await encodeHardPrompts(backbone, tokens, runtime);
  return texts.map((_, i) => Float32Array.from(prompt.data.subarray(i * jointWidth, (i + 1) * jointWidth)));
}

/** Similarity of two normalised features. */
export const similarity = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + value * b[i], 0);
