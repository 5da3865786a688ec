/** Weights of the classes in the classification loss, from their numbers of training images. */
import type { Split } from "../data/sample.ts";
import { MpaError } from "../platform/errors.ts";
import { Registry } from "../platform/registry.ts";

/** A rule that `--class-weights` selects by name. */
export interface ClassWeighting {
  readonly name: string;
  /** The weight of a class with `images` of the `total` training images of all `classes`. The loss divides by the batch's sum of weights. */
  weight(images: number, total: number, classes: number): number;
}

/** β of the effective number of images, of those that Cui et al. (2019) try the second largest. */
const effectiveBeta = 0.999;

/** Registry of the rules of `--class-weights`. */
export const classWeightings = new Registry<ClassWeighting>("rule for class weights", /^[a-z][\w-]*$/, [
  /** n / (C·n_c), scikit-learn's `class_weight="balanced"` (King and Zeng 2001) */
  { name: "balanced", weight: (images, total, classes) => total / (classes * images) },
  /** its square root */
  { name: "square-root", weight: (images, total, classes) => Math.sqrt(total / (classes * images)) },
  /** (1 − β) / (1 − β^n_c), the inverse of the effective number of images (Cui et al. 2019, Eq. 4) */
  { name: "effective", weight: (images) => (1 - effectiveBeta) / (1 - effectiveBeta ** images) },
]);

/** The weight of each class of the training split, in logit order. Throws DATASET if a class has no images. */
export function classWeightsOf({ samples, classes, root }: Split, rule: string): readonly number[] {
  const counts = classes.map((_, c) => samples.filter(({ label }) => label === c).length);
  const empty = classes.find((_, c) => counts[c] === 0);
  if (empty !== undefined) {
    const what = `the class ${empty} has no training image, so it has no weight`;
    throw new MpaError("DATASET", what, { where: root, fix: "leave --class-weights out" });
  }
  const { weight } = classWeightings.get(rule);
  return counts.map((count) => weight(count, samples.length, classes.length));
}
