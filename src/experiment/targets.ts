/** What a step learns from: the labels of a batch as rows of numbers. */
import type { Split } from "../data/sample.ts";

/** Targets [n, C] of the samples at `indices`: their distributions, or one-hot. */
export function targets({ samples, classes }: Split, indices: readonly number[]): Float32Array {
  const rows = new Float32Array(indices.length * classes.length);
  for (const [place, index] of indices.entries()) {
    const { label, target } = samples[index];
    if (target === undefined) rows[place * classes.length + label] = 1;
    else rows.set(target, place * classes.length);
  }
  return rows;
}
