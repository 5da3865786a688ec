/** Frozen global image features and class prototypes (Eq. 6). */

import type { Backbone } from "../clip/backbone.ts";
import type { Images } from "../data/batches.ts";
import { choosePoolSize } from "../graph/runtime/session.ts";
import type { Tensor, TensorData } from "../graph/tensor.ts";
import type { ProgressReporter } from "../platform/context.ts";
import { openGraph, runMicroBatches, runSize } from "./classifier.ts";
import { featureGraph } from "./graphs.ts";
import { imageForm, imageInput } from "./imageInput.ts";

/** Normalised global features g [E] of the readable images, by index in the split. */
export type FrozenFeatures = ReadonlyMap<number, Float32Array>;

/** Options of feature computation. */
export interface FeatureOptions {
  readonly batchSize: number;
  readonly threads: number;
  readonly provider: string;
  readonly progress: ProgressReporter;
  readonly label: string;
  /** p [K,P,V] of a trained model, to compute its features instead of the frozen ones */
  readonly visionPrompts?: TensorData;
  /** features [B,E] of pixels [B,3,S,S], to compute these instead */
  readonly image?: ((pixels: Tensor) => Tensor) | undefined;
}

/** Computes features of the images at `indices`, without augmentation. */
export async function frozenFeatures(
  backbone: Backbone,
  source: Images,
  indices: readonly number[],
  { batchSize, threads, provider, progress, label, visionPrompts, image }: FeatureOptions,
): Promise<FrozenFeatures> {
  const images = imageInput(backbone, imageForm(backbone, provider));
  const batch = Math.min(batchSize, Math.max(1, indices.length));
  const size = runSize(backbone.clip, provider, batch);
  const poolSize = choosePoolSize({ threads, provider }, Math.ceil(batch / size));
  const pixels = images.pixels(size);
  const graph = image ? { global: image(pixels) } : featureGraph(backbone.clip, size, visionPrompts, pixels);
  const session = await openGraph(backbone, graph, { threads, provider, poolSize });
  const width = backbone.clip.config.jointWidth;
  const features = new Map<number, Float32Array>();
  const task = progress.start({ label, total: indices.length, unit: "images" });
  try {
    const { form, values } = images;
    for await (const { indices: places, pixels: rows } of source.batches({ order: indices, batchSize: batch, form })) {
      const pass = { session, input: form, size, values };
      for await (const { start, count, results } of runMicroBatches(rows, places.length, pass)) {
        for (const [row, index] of places.slice(start, start + count).entries()) {
          features.set(
            index,
            Float32Array.from({ length: width }, (_, e) => Number(results.global[row * width + e])),
          );
        }
      }
      task.update(features.size);
    }
    task.finish();
  } finally {
    await session.dispose();
  }
  return features;
}

/** Prototypes p [C, E], the normalised mean feature of each class (Eq. 6; docs/method.md, Prototypes). `labels` returns an image's class. */
export function classPrototypes(
  features: FrozenFeatures,
  labels: (index: number) => number,
  classes: number,
  width: number,
): TensorData {
  const sums = new Float64Array(classes * width);
  for (const [index, feature] of features) {
    const start = labels(index) * width;
    for (let e = 0; e < width; e++) sums[start + e] += feature[e];
  }
  const data = new Float32Array(classes * width);
  for (let c = 0; c < classes; c++) {
    const row = sums.subarray(c * width, (c + 1) * width);
    const norm = Math.hypot(...row);
    for (let e = 0; e < width; e++) data[c * width + e] = norm === 0 ? 0 : row[e] / norm;
  }
  return { shape: [classes, width], data };
}
