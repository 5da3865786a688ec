import { describe, expect, it } from "vitest";
import { foldSplit, foldsOf } from "./folds.ts";
import type { Sample } from "./sample.ts";

/** Images of persons: each word is a person, each digit the label of one of their images. */
const people = (...words: readonly string[]): Sample[] =>
  words.flatMap((word, p) =>
    [...word].map((digit, i) => ({ file: `${p}-${i}`, label: Number(digit), person: `person ${p}` })),
  );
const images = (counts: readonly number[]): Sample[] =>
  counts.flatMap((count, label) => Array.from({ length: count }, (_, i) => ({ file: `${label}/${i}`, label })));

const tally = (values: readonly (string | number)[]) => {
  const counts = new Map<string | number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
};

describe("folds", () => {
  it("never split a person", () => {
    const samples = people("0123", "01", "0011", "2", "33", "0123", "12", "03", "1", "22", "0", "31");
    for (const seed of [1, 2, 3]) {
      const folds = foldsOf(samples, 4, seed);
      const byPerson = new Map<string | undefined, Set<number>>();
      for (const [i, { person }] of samples.entries()) {
        byPerson.set(person, (byPerson.get(person) ?? new Set()).add(folds[i]));
      }
      expect([...byPerson.values()].every(({ size }) => size === 1)).toBe(true);
      const sizes = [...tally(folds).values()];
      expect(sizes).toHaveLength(4);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(2);
    }
  });

  it("divide each class evenly where nobody is named", () => {
    const samples = images([23, 8, 4]);
    const folds = foldsOf(samples, 4, 1);
    for (const [label, count] of [23, 8, 4].entries()) {
      const own = [...tally(folds.filter((_, i) => samples[i].label === label)).values()];
      expect(own).toHaveLength(4);
      expect(Math.max(...own) - Math.min(...own)).toBe(count % 4 === 0 ? 0 : 1);
    }
  });

  it("depend on the seed and nothing else", () => {
    const samples = images([20, 20]);
    expect(foldsOf(samples, 5, 1)).toEqual(foldsOf(samples, 5, 1));
    expect(foldsOf(samples, 5, 2)).not.toEqual(foldsOf(samples, 5, 1));
  });

  it("refuse more folds than persons", () => {
    expect(() => foldsOf(people("01", "01"), 3, 1)).toThrow(/3 folds of 2 persons/);
  });

  it("score every image once, and train on none of those that are scored or choose an epoch", () => {
    const samples = images([13, 9]);
    const scored: string[] = [];
    for (const fold of [1, 2, 3, 4, 5]) {
      const of = (split: "train" | "valid" | "test") =>
        foldSplit(samples, { fold, of: 5, seed: 1 }, split).map(({ file }) => file);
      const [train, valid, test] = [of("train"), of("valid"), of("test")];
      expect([...train, ...valid, ...test].sort()).toEqual(samples.map(({ file }) => file).sort());
      expect(valid).toEqual(
        foldSplit(samples, { fold: (fold % 5) + 1, of: 5, seed: 1 }, "test").map(({ file }) => file),
      );
      scored.push(...test);
    }
    expect(scored.sort()).toEqual(samples.map(({ file }) => file).sort());
  });
});
