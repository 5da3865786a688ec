/**
 * Deletion and insertion metrics of saliency maps (Petsiuk et al. 2018, RISE). With a faithful map the class probability
 * falls quickly when the highest-ranked pixels are deleted, and rises quickly when they are inserted.
 */

import { Random } from "../../platform/random.ts";
import type { FaceExplanation } from "./explainer.ts";
import { blur, type HeatMap } from "./saliency.ts";

/** Class probabilities [steps + 1] as the share of changed pixels goes from 0 to 1. */
export interface RemovalCurves {
  /** pixels are replaced by the mean colour, 0 after normalisation; a smaller area is better */
  readonly deletion: readonly number[];
  /** pixels of a blurred image are replaced by the original ones; a larger area is better */
  readonly insertion: readonly number[];
}

/** A classifier of up to `batch` images a call: pixels [n,3,S,S] to probabilities [n,C]. */
export interface BatchClassifier {
  readonly batch: number;
  classify(images: Float32Array, n: number): Promise<Float32Array>;
}

/** Input of the deletion and insertion curves. */
export interface RemovalRequest {
  /** normalised pixels [3,S,S] */
  readonly pixels: Float32Array;
  /** index of the class whose probability is measured */
  readonly target: number;
  readonly classes: number;
  readonly steps: number;
}

/** Deletion and insertion curves for each pixel order, a permutation of 0 … S²−1 with the most important pixel first. */
export async function removalCurves(
  { pixels, target, classes, steps }: RemovalRequest,
  orders: readonly Int32Array[],
  classifier: BatchClassifier,
): Promise<RemovalCurves[]> {
  const size = Math.sqrt(pixels.length / 3);
  const grey = new Float32Array(pixels.length);
  const blurred = blur(pixels, size, blurShare * size);
  const images = orders.flatMap((order) => [
    ...mixtures(pixels, grey, order, steps),
    ...mixtures(blurred, pixels, order, steps),
  ]);
  const probabilities = await targetProbabilities(images, target, classes, classifier);
  const curve = (at: number) => probabilities.slice(at * (steps + 1), (at + 1) * (steps + 1));
  return orders.map((_, i) => ({ deletion: curve(2 * i), insertion: curve(2 * i + 1) }));
}

/** Area under a curve over the share of pixels in [0, 1], by the trapezoidal rule. */
export function areaUnder(curve: readonly number[]): number {
  const steps = curve.length - 1;
  return curve.slice(1).reduce((sum, value, i) => sum + (value + curve[i]) / 2, 0) / steps;
}

/** Yields `from` with the first 0, 1/steps, …, 1 of its pixels in `order` replaced by those of `to`: steps + 1 images [3,S,S]. */
export function* mixtures(
  from: Float32Array,
  to: Float32Array,
  order: Int32Array,
  steps: number,
): Generator<Float32Array> {
  const mixed = from.slice();
  yield mixed.slice();
  for (let step = 1, done = 0; step <= steps; step++) {
    const until = Math.round((step / steps) * order.length);
    for (; done < until; done++) {
      for (let i = order[done]; i < mixed.length; i += order.length) mixed[i] = to[i];
    }
    yield mixed.slice();
  }
}

/** Pixel rankings, each with its random baseline. */
export const rankings = {
  gradient: "random pixels",
  SmoothGrad: "random pixels",
  patches: "random patches",
  "random pixels": undefined,
  "random patches": undefined,
} as const;
export type Ranking = keyof typeof rankings;

const isRanking = (name: string): name is Ranking => Object.hasOwn(rankings, name);
/** Ranking names in the order of `rankings`. */
export const rankingNames: readonly Ranking[] = Object.keys(rankings).filter(isRanking);

/** Maps the value of each ranking that is present. */
export const eachRanking = <T, U>(
  of: Partial<Record<Ranking, T>>,
  make: (value: T, name: Ranking) => U,
): Partial<Record<Ranking, U>> =>
  Object.fromEntries(
    rankingNames.flatMap((name) => {
      const value = of[name];
      return value === undefined ? [] : [[name, make(value, name)]];
    }),
  );

/** Input geometry of an image encoder, in pixels. */
export interface Tower {
  readonly imageSize: number;
  readonly patchSize: number;
}

/** Pixel orders of the encoder's input, most important first, for each ranking that the explanation provides. */
export function pixelOrders(
  {
    saliency,
    smoothGrad,
    similarity,
    target,
  }: Pick<FaceExplanation, "saliency" | "smoothGrad" | "similarity" | "target">,
  tower: Tower,
  seed: number,
): Partial<Record<Ranking, Int32Array>> {
  const patches = similarity[target];
  const random = new Random("removal", seed);
  const shuffled: HeatMap = { ...patches, data: Float32Array.from(random.permutation(patches.data.length)) };
  return {
    gradient: byValue(saliency.data),
    ...(smoothGrad && { SmoothGrad: byValue(smoothGrad.data) }),
    patches: byValue(enlarged(patches, tower)),
    "random pixels": Int32Array.from(random.permutation(tower.imageSize ** 2)),
    "random patches": byValue(enlarged(shuffled, tower)),
  };
}

/** Indices in descending order of their values; ties go to the lower index. */
export const byValue = (values: Float32Array): Int32Array =>
  Int32Array.from(values.keys()).sort((a, b) => values[b] - values[a] || a - b);

/** A patch map upsampled to pixels [S, S]. Pixels outside every whole patch get −∞ and therefore rank last. */
export function enlarged({ height, width, data }: HeatMap, { imageSize, patchSize }: Tower): Float32Array {
  return Float32Array.from({ length: imageSize ** 2 }, (_, i) => {
    const x = Math.floor((i % imageSize) / patchSize);
    const y = Math.floor(i / imageSize / patchSize);
    return x < width && y < height ? data[y * width + x] : Number.NEGATIVE_INFINITY;
  });
}

/** Standard deviation of the insertion baseline's blur relative to the image side; it removes the expression. */
const blurShare = 0.1;

async function targetProbabilities(
  images: readonly Float32Array[],
  target: number,
  classes: number,
  { batch, classify }: BatchClassifier,
): Promise<number[]> {
  const found: number[] = [];
  for (let start = 0; start < images.length; start += batch) {
    const some = images.slice(start, start + batch);
    const pixels = new Float32Array(some.length * some[0].length);
    for (const [i, image] of some.entries()) pixels.set(image, i * image.length);
    const rows = await classify(pixels, some.length);
    found.push(...some.map((_, i) => rows[i * classes + target]));
  }
  return found;
}
