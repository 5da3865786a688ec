/** Cross-validation folds: balanced by class, and without a person in two folds. */
import { counted } from "../platform/counts.ts";
import { MpaError } from "../platform/errors.ts";
import { Random } from "../platform/random.ts";
import type { Sample, SplitName } from "./sample.ts";

/** One fold of a cross-validation. */
export interface Fold {
  /** from 1 */
  readonly fold: number;
  /** number of folds, at least 3 */
  readonly of: number;
  readonly seed: number;
}

/**
 * Images of a split of one fold, in file order: fold i is the test split, the next fold (after the last one the first) is the validation
 * split, and the others are trained on. The image that chooses an epoch is therefore never one that is scored.
 */
export function foldSplit(samples: readonly Sample[], { fold, of, seed }: Fold, split: SplitName): Sample[] {
  const folds = foldsOf(samples, of, seed);
  const [test, valid] = [fold - 1, fold % of];
  const isIn = (own: number) =>
    split === "test" ? own === test : split === "valid" ? own === valid : own !== test && own !== valid;
  return samples.filter((_, i) => isIn(folds[i]));
}

/**
 * Fold of each sample, 0 … k−1. All images of a person are in one fold; an image without a person stands alone. Greedy: the groups in
 * order of size, equal ones in a seeded order, each to the fold in which its classes are least represented. Throws DATASET if there are
 * fewer groups than folds.
 */
export function foldsOf(samples: readonly Sample[], k: number, seed: number): number[] {
  const groups = groupsOf(samples);
  if (groups.length < k) {
    const what = `${counted(k, "fold")} of ${counted(groups.length, samples[0]?.person === undefined ? "image" : "person")}`;
    throw new MpaError("DATASET", what, { fix: "ask for fewer folds" });
  }
  const order = new Random(seed, "folds").permutation(groups.length).map((i) => groups[i]);
  const totals = countLabels(samples, samples.keys());
  const folds: Map<number, number>[] = Array.from({ length: k }, () => new Map());
  const sizes = Array<number>(k).fill(0);
  const assigned = Array<number>(samples.length).fill(0);
  for (const members of order.toSorted((a, b) => b.length - a.length)) {
    const counts = countLabels(samples, members);
    const costs = folds.map((fold) => costOf(counts, fold, totals));
    const best = folds.map((_, f) => f).reduce((a, b) => (isBetter(b, a, costs, sizes) ? b : a));
    for (const [label, count] of counts) folds[best].set(label, (folds[best].get(label) ?? 0) + count);
    for (const i of members) assigned[i] = best;
    sizes[best] += members.length;
  }
  return assigned;
}

const isBetter = (a: number, b: number, costs: readonly number[], sizes: readonly number[]): boolean =>
  costs[a] === costs[b] ? sizes[a] < sizes[b] : costs[a] < costs[b];

/** Increase of the sum of squared shares of the classes' images in a fold by a group. */
function costOf(
  group: ReadonlyMap<number, number>,
  fold: ReadonlyMap<number, number>,
  totals: ReadonlyMap<number, number>,
): number {
  let cost = 0;
  for (const [label, count] of group) {
    const own = fold.get(label) ?? 0;
    cost += (count * (2 * own + count)) / (totals.get(label) ?? 1) ** 2;
  }
  return cost;
}

function groupsOf(samples: readonly Sample[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const [i, { person }] of samples.entries()) {
    const key = person === undefined ? `image ${i}` : `person ${person}`;
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [i]);
    else members.push(i);
  }
  return [...groups.values()];
}

function countLabels(samples: readonly Sample[], members: Iterable<number>): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const i of members) counts.set(samples[i].label, (counts.get(samples[i].label) ?? 0) + 1);
  return counts;
}
