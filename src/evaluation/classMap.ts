/** Mapping between the classes of a model and of a data set, which may differ in order and spelling, by name. */
import { isSameClass } from "../data/expressionNames.ts";
import { MpaError } from "../platform/errors.ts";

/** A mapping between the classes of a model and of a data set. */
export interface ClassMap {
  /** common names, as the data spells and orders them */
  readonly classes: readonly string[];
  /** index in `classes` for each class of the data; undefined if the model lacks the class */
  readonly labelTo: readonly (number | undefined)[];
  /** class index of the model for each entry of `classes` */
  readonly columns: readonly number[];
  /** classes of the model that the data lacks */
  readonly absent: readonly string[];
  /** names that match in another spelling: "angry as anger" */
  readonly read: readonly string[];
}

/** Matches the classes by name or expression ("angry" and "anger"). Throws CHECKPOINT for fewer than two common classes. */
export function mapClasses(model: readonly string[], data: readonly string[]): ClassMap {
  const columnOf = (name: string) =>
    model.includes(name) ? model.indexOf(name) : model.findIndex((each) => isSameClass(each, name));
  // If two names of the data match one class of the model, the exact match wins, else the first.
  const claims = new Map<number, string>();
  for (const name of [...data.filter((each) => model.includes(each)), ...data]) {
    if (columnOf(name) >= 0 && !claims.has(columnOf(name))) claims.set(columnOf(name), name);
  }
  const classes = data.filter((name) => claims.get(columnOf(name)) === name);
  if (classes.length < 2) {
    const what = `the model's classes (${model.join(", ")}) and the data's (${data.join(", ")}) have ${classes.length} in common, where two are needed`;
    throw new MpaError("CHECKPOINT", what, { fix: "use data with at least two of the model's classes" });
  }
  return {
    classes,
    labelTo: data.map((name) => (classes.includes(name) ? classes.indexOf(name) : undefined)),
    columns: classes.map(columnOf),
    absent: model.filter((_, column) => !claims.has(column)),
    read: classes.flatMap((name) => (model.includes(name) ? [] : [`${name} as ${model[columnOf(name)]}`])),
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
