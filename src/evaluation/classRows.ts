/** The figures of each class as the cells of a table. */
import type { Metrics } from "./metrics.ts";
import { percent } from "./percent.ts";

export const classHeads = ["class", "recall", "precision", "F1", "images"] as const;

/** One row a class, a cell for each of `classHeads`. */
export const classRows = ({ perClass }: Pick<Metrics, "perClass">): (string | number)[][] =>
  Object.entries(perClass).map(([name, { recall, precision, f1, support }]) => [
    name,
    percent(recall),
    percent(precision),
    percent(f1),
    support,
  ]);
