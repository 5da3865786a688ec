/**
 * Deletion and insertion (Petsiuk et al. 2018, RISE): if a map shows where an answer comes from, taking its highest pixels
 * away takes the probability away soon, and giving them back brings it back soon.
 */
import { blur } from "./blur.ts";

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
