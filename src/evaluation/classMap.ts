/** Scoring a model on data with other classes, or the same in another order or spelling: by the names that both have. */
import { isSameClass } from "../data/expressionNames.ts";
import { MpaError } from "../platform/errors.ts";

export interface ClassMap {
  /** names of both, as the data has them and in its order */
  readonly classes: readonly string[];
  /** of the data's class numbers, their place in `classes`; undefined where the model does not know the class */
  readonly labelTo: readonly (number | undefined)[];
  /** of each place in `classes`, the model's class number */
  readonly columns: readonly number[];
  /** classes of the model that the data lacks */
  readonly absent: readonly string[];
  /** names that were found equal though they are written otherwise: "angry as anger" */
  readonly read: readonly string[];
}

/** "angry" of the data is "anger" of the model. Throws CHECKPOINT where fewer than two names are common. */
export function mapClasses(model: readonly string[], data: readonly string[]): ClassMap {
  const columnOf = (name: string) =>
    model.includes(name) ? model.indexOf(name) : model.findIndex((each) => isSameClass(each, name));
  // Of two names of the data for one class of the model the exact one counts, or the first.
  const claims = new Map<number, string>();
  for (const name of [...data.filter((each) => model.includes(each)), ...data]) {
    if (columnOf(name) >= 0 && !claims.has(columnOf(name))) claims.set(columnOf(name), name);
  }
  const classes = data.filter((name) => claims.get(columnOf(name)) === name);
  if (classes.length < 2) {
    const what = `the model's classes (${model.join(", ")}) and the data's (${data.join(", ")}) have ${classes.length} in common`;
    throw new MpaError("CHECKPOINT", what, { fix: "two are needed" });
  }
  return {
    classes,
    labelTo: data.map((name) => (classes.includes(name) ? classes.indexOf(name) : undefined)),
    columns: classes.map(columnOf),
    absent: model.filter((_, column) => !claims.has(column)),
    read: classes.flatMap((name) => (model.includes(name) ? [] : [`${name} as ${model[columnOf(name)]}`])),
  };
}

/** [n, common] of [n, model]: the other classes' probability is spread over the common ones in proportion. */
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
    // Where single precision left nothing, nothing is known either.
    for (const [c, value] of values.entries())
      out[row * columns.length + c] = sum > 0 ? value / sum : 1 / columns.length;
  }
  return out;
}
