/** Class mapping: evaluation of a model on data with different or reordered classes, matched by name. */
import { MpaError } from "../platform/errors.ts";

/** A mapping between the classes of a model and of a data set. */
export interface ClassMap {
  /** names of the common classes in the data's order */
  readonly classes: readonly string[];
  /** index in `classes` for each class of the data; undefined if the model lacks the class */
  readonly labelTo: readonly (number | undefined)[];
  /** class index of the model for each entry of `classes` */
  readonly columns: readonly number[];
}

/** Matches classes by name. Throws CHECKPOINT if fewer than two are common. */
export function mapClasses(model: readonly string[], data: readonly string[]): ClassMap {
  const classes = data.filter((name) => model.includes(name));
  if (classes.length < 2) {
    const what = `the model's classes (${model.join(", ")}) and the data's (${data.join(", ")}) have ${classes.length} in common`;
    throw new MpaError("CHECKPOINT", what, { fix: "two are needed" });
  }
  return {
    classes,
    labelTo: data.map((name) => (classes.includes(name) ? classes.indexOf(name) : undefined)),
    columns: classes.map((name) => model.indexOf(name)),
  };
}

/** Restricts probabilities [n, model] to the common classes [n, common] and renormalises them. */
export function mapProbabilities(
  probabilities: Float32Array,
  modelClasses: number,
  { columns }: ClassMap,
): Float32Array {
  const n = probabilities.length / modelClasses;
  const out = new Float32Array(n * columns.length);
  for (let row = 0; row < n; row++) {
    const values = columns.map((column) => probabilities[row * modelClasses + column]);
    const sum = values.reduce((total, value) => total + value, 0);
    // Uniform if all common probabilities have underflowed to 0.
    for (const [c, value] of values.entries())
      out[row * columns.length + c] = sum > 0 ? value / sum : 1 / columns.length;
  }
  return out;
}
