/** On-disk cache of frozen image features, shared by runs with the same images and backbone. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import type { Backbone } from "../clip/backbone.ts";
import { writeSafetensors } from "../clip/safetensors.ts";
import { readTensorFile } from "../clip/weights.node.ts";
import { hashIndex } from "../data/datasets.node.ts";
import type { ImageSource } from "../data/images.node.ts";
import { MpaError } from "../platform/errors.ts";
import { parseJson, writeFileAtomic } from "../platform/files.node.ts";
import { sha256 } from "../platform/package.node.ts";
import { type FeatureOptions, type FrozenFeatures, frozenFeatures } from "./prototypes.ts";

const format = "mpa-fer-features/1";
/** Maximum bytes of a cache file: features of 500,000 images from the largest CLIP. */
const maxBytes = 2 ** 31;
const badSchema = z.array(z.object({ file: z.string(), message: z.string() }));

/**
 * Features of all images of a split, read from `folder` or computed and cached there. The cache key covers the backbone's
 * weights, precision, preprocessing, path and index of the data, batch size and provider, so cached features are bit-identical to
 * computed ones. An image file that changes under the same name is not detected. Throws CHECKPOINT for a malformed cache file.
 */
export async function cachedFeatures(
  folder: string,
  backbone: Backbone,
  source: ImageSource,
  options: FeatureOptions,
): Promise<FrozenFeatures> {
  const file = cacheFile(folder, backbone, source, options);
  if (existsSync(file)) return await read(file, source);
  const all = source.split.samples.map((_, i) => i);
  const features = await frozenFeatures(backbone, source, all, options);
  const bad = source.bad.images;
  // Features of an interrupted pass are incomplete and must not be cached.
  if (features.size + bad.length < all.length) return features;
  const indices = [...features.keys()];
  const width = backbone.clip.config.jointWidth;
  const global = new Float32Array(indices.length * width);
  for (const [row, index] of indices.entries()) global.set(features.get(index) ?? [], row * width);
  const tensors = new Map([
    ["global", { shape: [indices.length, width], data: global }],
    ["indices", { shape: [indices.length], data: Float32Array.from(indices) }],
  ]);
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(file, writeSafetensors(tensors, { format, bad: JSON.stringify(bad) }));
  return features;
}

/** Options that the cache key covers. */
type CacheOptions = Pick<FeatureOptions, "batchSize" | "provider">;

/** The file in `folder` that holds the features of a split, whether or not it exists. */
export const cacheFile = (folder: string, backbone: Backbone, source: ImageSource, options: CacheOptions): string =>
  join(folder, `${keyOf(backbone, source, options)}.safetensors`);

function keyOf({ sha256: weights, preprocess, clip }: Backbone, { split }: ImageSource, options: CacheOptions): string {
  const { batchSize, provider } = options;
  const { dtype, weights: own } = clip.arithmetic.vision;
  // Weights in eight bits are another file's; half precision may read the same one.
  const precision = own.sha256 === weights && dtype === "float32" ? [] : [own.sha256, dtype];
  const key = [weights, preprocess, resolve(split.root), hashIndex(split), batchSize, provider, ...precision];
  return sha256(JSON.stringify(key)).slice(0, 32);
}

async function read(file: string, source: ImageSource): Promise<FrozenFeatures> {
  const { tensors, metadata } = await readTensorFile(file, maxBytes);
  const [global, indices] = [tensors.get("global"), tensors.get("indices")];
  const bad = badSchema.safeParse(parseJson(metadata.bad ?? "null", file, "CHECKPOINT"));
  if (metadata.format !== format || global === undefined || indices === undefined || !bad.success) {
    throw new MpaError("CHECKPOINT", "these are no kept features", { where: file, fix: "delete the file" });
  }
  const [rows, width] = global.shape;
  const { length } = source.split.samples;
  const areIndices = indices.data.every((index) => Number.isInteger(index) && index >= 0 && index < length);
  if (global.shape.length !== 2 || indices.data.length !== rows || !areIndices) {
    throw new MpaError("CHECKPOINT", "these are not the features of these images", {
      where: file,
      fix: "delete the file",
    });
  }
  for (const image of bad.data) source.bad.add(image);
  return new Map([...indices.data].map((index, row) => [index, global.data.subarray(row * width, (row + 1) * width)]));
}
