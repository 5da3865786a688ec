/** Splits of data sets that are given out without any. */
import type { SplitName } from "../sample.ts";

/** One group in five is for testing. */
const testEvery = 5;

/**
 * Items of a split: every fifth group, in the order of names, is `test`, and the others are `train`. Items of a group, such as the
 * images of a person, stay together.
 */
export function drawnSplit<T>(items: readonly T[], split: SplitName, groupOf: (item: T) => string): T[] {
  // By code unit, for the same order in every locale.
  const groups = [...new Set(items.map(groupOf))].sort();
  const tested = new Set(groups.filter((_, i) => i % testEvery === testEvery - 1));
  return items.filter((item) => tested.has(groupOf(item)) === (split === "test"));
}
