/** Two-dimensional feature embeddings: t-SNE (paper, Figure 4) and neighbourhood quality metrics. */

import { TSNE } from "@saehrimnir/druidjs";

/** Squared Euclidean distances between all pairs of rows, [n, n]. */
export function squaredDistances(rows: readonly ArrayLike<number>[]): Float64Array {
  const n = rows.length;
  const distances = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      let sum = 0;
      for (let e = 0; e < rows[i].length; e++) sum += (rows[i][e] - rows[j][e]) ** 2;
      distances[i * n + j] = sum;
      distances[j * n + i] = sum;
    }
  }
  return distances;
}

/**
 * Trustworthiness of an embedding (Venna & Kaski 2001): 1 if the k nearest neighbours of every embedded point are among its k
 * nearest in feature space, lower by the feature-space ranks of the others. A random embedding has about 0.5. Throws RangeError
 * unless 1 ≤ k < n/2.
 */
export function trustworthiness(
  features: readonly ArrayLike<number>[],
  places: readonly ArrayLike<number>[],
  k: number,
): number {
  const n = features.length;
  if (k < 1 || k >= n / 2) throw new RangeError(`trustworthiness: ${k} neighbours of ${n} points`);
  const before = squaredDistances(features);
  const after = squaredDistances(places);
  let penalty = 0;
  for (let i = 0; i < n; i++) {
    const rank = new Int32Array(n);
    for (const [place, j] of nearest(before, n, i).entries()) rank[j] = place + 1;
    for (const j of nearest(after, n, i).slice(0, k)) penalty += Math.max(0, rank[j] - k);
  }
  return 1 - (2 * penalty) / (n * k * (2 * n - 3 * k - 1));
}

/** The mean share of each row's k nearest neighbours that have the same label. */
export function neighbourAgreement(rows: readonly ArrayLike<number>[], labels: readonly number[], k: number): number {
  const n = rows.length;
  const distances = squaredDistances(rows);
  let same = 0;
  for (let i = 0; i < n; i++) {
    for (const j of nearest(distances, n, i).slice(0, k)) same += labels[j] === labels[i] ? 1 : 0;
  }
  return same / (n * k);
}

/** Options of t-SNE. */
export interface TsneOptions {
  readonly seed: number;
  /** effective number of neighbours, below a third of the points; see `largestPerplexity` */
  readonly perplexity: number;
  readonly steps?: number;
  /** called after every step; an error that it throws stops the computation */
  readonly onStep?: (step: number) => void;
}

/** Default number of steps. */
export const tsneSteps = 500;
/** Steps between yields to the event loop, so that Ctrl-C is handled. */
const turn = 5;

/** A point in the plane. */
export type Place = readonly [x: number, y: number];

/** The maximum perplexity for a number of points, a third of the others. */
export const largestPerplexity = (points: number): number => Math.max(1, Math.floor((points - 1) / 3));

/**
 * Exact t-SNE (van der Maaten & Hinton 2008) of features [E], with one point in the plane per feature. Memory and time of a
 * step are quadratic in the number of points. A seed gives the same layout on one machine; rounding on another machine may
 * lead to a different layout.
 */
export async function tsne(features: readonly Float32Array[], options: TsneOptions): Promise<Place[]> {
  const { seed, perplexity, steps = tsneSteps, onStep = () => undefined } = options;
  const points = features.map((feature) => Float64Array.from(feature));
  const reduction = new TSNE(points, { seed, perplexity, d: 2 });
  let places = points;
  let step = 0;
  for (places of reduction.generator(steps)) {
    onStep(++step);
    if (step % turn === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  return places.map(([x, y]) => [x, y]);
}

/** The other points in ascending order of distance; ties go to the lower index. */
function nearest(distances: Float64Array, n: number, i: number): number[] {
  const row = distances.subarray(i * n, (i + 1) * n);
  return Array.from({ length: n }, (_, j) => j)
    .filter((j) => j !== i)
    .sort((a, b) => row[a] - row[b] || a - b);
}
