/** A validation split for data sets that have none: a stratified tenth of the training images, drawn by a fixed seed. */
import { Random } from "../random.ts";
import type { Sample } from "./sample.ts";

const heldOutShare = 0.1;
/** Not the run's: every run and every later evaluation has to hold out the same images. */
const seed = 1;

/**
 * Samples kept for training and held out for validation, both in file order. Of each class a tenth is held out, rounded, but
 * never its last image. A function of the samples' labels alone.
 */
export function holdOut(samples: readonly Sample[]): { readonly train: Sample[]; readonly valid: Sample[] } {
  const byClass = new Map<number, number[]>();
  for (const [i, { label }] of samples.entries()) {
    const members = byClass.get(label);
    if (members === undefined) byClass.set(label, [i]);
    else members.push(i);
  }
  const held = new Set<number>();
  for (const [label, members] of byClass) {
    const count = Math.min(members.length - 1, Math.max(1, Math.round(heldOutShare * members.length)));
    const order = new Random(seed, "held-out", label).permutation(members.length);
    for (const place of order.slice(0, count)) held.add(members[place]);
  }
  return {
    train: samples.filter((_, i) => !held.has(i)),
    valid: samples.filter((_, i) => held.has(i)),
  };
}
