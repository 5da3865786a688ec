/** Groups of images as the cells of a table. */
import { percent, percentRange } from "./percent.ts";
import type { Slice } from "./slices.ts";

export const sliceHeads = ["group", "images", "accuracy", "95 % interval"] as const;

/** One row a group, a cell for each of `sliceHeads`; – where the group is too small. */
export const sliceRows = ({ groups }: Slice): (string | number)[][] =>
  groups.map(({ value, n, accuracy, interval }) => [
    value,
    n,
    accuracy === undefined ? "–" : percent(accuracy),
    interval === undefined ? "–" : percentRange(interval),
  ]);
