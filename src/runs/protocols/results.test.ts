import { expect, it } from "vitest";
import type { CellScores } from "../ablate/cell.ts";
import { harmonicMean, type ScoredRow, summarise, summaryFigures } from "./results.ts";

const cell = (seed: number, hits: readonly number[], recalls: Readonly<Record<string, number>> = {}): CellScores => {
  const accuracy = hits.reduce((sum, hit) => sum + hit, 0) / hits.length;
  return { at: "", seed, hits, accuracy, uar: accuracy / 2, recalls };
};
const row = (name: string, ...scores: readonly (readonly [string, readonly CellScores[]])[]): ScoredRow => ({
  name,
  scores: scores.map(([on, cells]) => ({ on, cells })),
});

it("takes the harmonic mean of base and new for each seed", () => {
  expect(harmonicMean(0.5, 1)).toBeCloseTo(2 / 3, 12);
  expect(harmonicMean(0, 0)).toBe(0);
  const rows = [
    row("base classes", ["base", [cell(1, [1, 1]), cell(2, [1, 0])]], ["new", [cell(1, [1, 0]), cell(2, [1, 0])]]),
  ];
  const [{ value }] = summaryFigures("base-to-new", rows);
  expect(value.mean).toBeCloseTo((2 / 3 + 1 / 2) / 2, 12);
  expect(value.sd).toBeCloseTo((2 / 3 - 1 / 2) / Math.SQRT2, 12);
});

it("averages the recall of the classes left out", () => {
  const rows = [
    row("a", ["all classes", [cell(1, [1], { a: 0.2, b: 1 })]]),
    row("b", ["all classes", [cell(1, [1], { a: 1, b: 0.6 })]]),
  ];
  expect(summarise("leave-one-class-out", rows).map(({ scores: [{ recall }] }) => recall)).toEqual([
    { mean: 0.2 },
    { mean: 0.6 },
  ]);
  expect(summaryFigures("leave-one-class-out", rows)[0].value.mean).toBeCloseTo(0.4, 12);
});

it("counts every image of the folds once", () => {
  const rows = [row("fold 1", ["test", [cell(1, [1, 1, 1, 0])]]), row("fold 2", ["test", [cell(1, [0, 1])]])];
  const [all, folds] = summaryFigures("k-fold", rows);
  expect(all.value.mean).toBeCloseTo(4 / 6, 12);
  expect(folds.value).toEqual({ mean: 0.625, sd: expect.closeTo(0.125 * Math.SQRT2, 12) });
});

it("compares a number of shots with the one above", () => {
  const rows = [row("1", ["valid", [cell(1, [0, 0, 1, 1])]]), row("2", ["valid", [cell(1, [1, 0, 1, 1])]])];
  const [first, second] = summarise("few-shot", rows);
  expect(first.scores[0].gain).toBeUndefined();
  expect(second.scores[0]).toMatchObject({ on: "valid", images: 4, gain: { difference: 0.25, seeds: 1 } });
});
