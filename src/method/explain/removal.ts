/**
 * Deletion and insertion (Petsiuk et al. 2018, RISE): if a map shows where an answer comes from, taking its highest pixels
 * away takes the probability away soon, and giving them back brings it back soon.
 */

import { Random } from "../../platform/random.ts";
import type { FaceExplanation } from "./explainer.ts";
import { blur, type HeatMap } from "./saliency.ts";

/** The class's probability after each step, from no pixel to all of them: [steps + 1]. */
export interface RemovalCurves {
  /** pixels of the picture give way to the colour that normalising makes 0; a small area is good */
  readonly deletion: readonly number[];
  /** pixels of the picture come back into a blurred one; a large area is good */
  readonly insertion: readonly number[];
}

/** Probabilities [n, C] of n images [n,3,S,S], at most `batch` of them at a time. */
export interface BatchClassifier {
  readonly batch: number;
  classify(images: Float32Array, n: number): Promise<Float32Array>;
}

export interface RemovalRequest {
  /** normalised, [3,S,S] */
  readonly pixels: Float32Array;
  /** the class whose probability is followed */
  readonly target: number;
  readonly classes: number;
  readonly steps: number;
}

/** Deviation of the blur that insertion starts from, as a share of the picture's side: an expression is gone then. */
const blurShare = 0.1;

/** Both curves for each order of the pixels, a permutation of 0 … S²−1 with the most important first. */
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

/** The area under a curve over the share of pixels, from 0 to 1, by trapezoids. */
export function areaUnder(curve: readonly number[]): number {
  const steps = curve.length - 1;
  return curve.slice(1).reduce((sum, value, i) => sum + (value + curve[i]) / 2, 0) / steps;
}

/** `from` with its first 0, 1/steps, …, all pixels in order replaced by those of `to`. */
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

/* Orders in which pixels are taken away: as maps rank them, and by chance to hold them against. */

/** Ways to rank pixels, each with the chance that it has to beat. */
export const rankings = {
  gradient: "random pixels",
  SmoothGrad: "random pixels",
  patches: "random patches",
  "random pixels": undefined,
  "random patches": undefined,
} as const;
export type Ranking = keyof typeof rankings;

const isRanking = (name: string): name is Ranking => Object.hasOwn(rankings, name);
/** In the order of `rankings`. */
export const rankingNames: readonly Ranking[] = Object.keys(rankings).filter(isRanking);

/** What `make` gives for each ranking that is there. */
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

export interface Tower {
  readonly imageSize: number;
  readonly patchSize: number;
}

/** Pixels of the tower's picture, most important first, for each ranking that the explanation allows. */
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

/** Indices by falling value; of equal ones the lower index first. */
export const byValue = (values: Float32Array): Int32Array =>
  Int32Array.from(values.keys()).sort((a, b) => values[b] - values[a] || a - b);

/** Each pixel's patch's value: [S, S]. Pixels beyond the last whole patch come last of all. */
export function enlarged({ height, width, data }: HeatMap, { imageSize, patchSize }: Tower): Float32Array {
  return Float32Array.from({ length: imageSize ** 2 }, (_, i) => {
    const x = Math.floor((i % imageSize) / patchSize);
    const y = Math.floor(i / imageSize / patchSize);
    return x < width && y < height ? data[y * width + x] : Number.NEGATIVE_INFINITY;
  });
}
