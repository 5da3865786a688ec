import { TSNE } from "@saehrimnir/druidjs";

/** Who is near to whom: what a plane keeps of the features it shows, and how far classes keep to themselves. */

/** Squared distances between all pairs of rows: [n, n]. */
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
 * Trustworthiness (Venna & Kaski 2001): 1 where the k nearest neighbours of every point in the plane are among its k nearest in
 * feature space, less by how far the strangers among them come from. Chance gives about 0.5. Throws RangeError where k is not
 * below half of the points.
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

/** The share of each row's k nearest neighbours that have its label, over all rows. */
export function neighbourAgreement(rows: readonly ArrayLike<number>[], labels: readonly number[], k: number): number {
  const n = rows.length;
  const distances = squaredDistances(rows);
  let same = 0;
  for (let i = 0; i < n; i++) {
    for (const j of nearest(distances, n, i).slice(0, k)) same += labels[j] === labels[i] ? 1 : 0;
  }
  return same / (n * k);
}

/** All other points by rising distance; of equal ones the lower index first. */
function nearest(distances: Float64Array, n: number, i: number): number[] {
  const row = distances.subarray(i * n, (i + 1) * n);
  return Array.from({ length: n }, (_, j) => j)
    .filter((j) => j !== i)
    .sort((a, b) => row[a] - row[b] || a - b);
}

/* t-SNE (van der Maaten & Hinton 2008) of features, exact, by druid (paper, Figure 4). */

export interface TsneOptions {
  readonly seed: number;
  /** how many neighbours count, roughly; below a third of the points */
  readonly perplexity: number;
  readonly steps?: number;
  /** hears of every step; work stops with what it throws */
  readonly onStep?: (step: number) => void;
}

export const tsneSteps = 500;
/** Between these many steps others get their turn, so that Ctrl-C is heard. */
const turn = 5;

export type Place = readonly [x: number, y: number];

/** The largest perplexity for so many points: each needs three times as many others. */
export const largestPerplexity = (points: number): number => Math.max(1, Math.floor((points - 1) / 3));

/**
 * A place in the plane for each feature [E]. Memory and time of a step grow with the square of the points. Equal seeds give equal places
 * on one machine; another one's last bits can lead to another layout.
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
