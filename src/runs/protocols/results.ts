/** Results of a protocol: the scores of each row, and the figures that sum them up. */

import { type Spread, spread } from "../../evaluation/spread.ts";
import type { CellScores } from "../ablate/cell.ts";
import { gainOver, type RowScores } from "../ablate/summary.ts";
import type { ProtocolName } from "./options.ts";

/** Scores of a row's runs on one thing. Of few-shot, the gain is that over the previous row. */
export interface ProtocolScore extends RowScores {
  /** what was scored: a set, a half of the classes; the split's name without anything else */
  readonly on: string;
  readonly images: number;
  /** leave-one-class-out: recall of the class that was left out */
  readonly recall?: Spread;
}

/** A row of a protocol's table. */
export interface ProtocolRow {
  readonly name: string;
  readonly scores: readonly ProtocolScore[];
}

/** A figure that sums up the table. */
export interface SummaryFigure {
  readonly name: string;
  readonly value: Spread;
  /** what its standard deviation is over */
  readonly over: "seeds" | "folds";
}

/** Name of the row of the hard prompts without training. */
export const zeroShotName = "zero-shot";

/** Scores of a row's cells: [what is scored][seed]. */
export interface ScoredRow {
  readonly name: string;
  readonly scores: readonly { readonly on: string; readonly cells: readonly CellScores[] }[];
}

/** Summarises the scored rows. */
export const summarise = (protocol: ProtocolName, rows: readonly ScoredRow[]): ProtocolRow[] =>
  rows.map(({ name, scores }, place) => ({
    name,
    scores: scores.map(({ on, cells }, i) => {
      const above = protocol === "few-shot" ? rows[place - 1]?.scores[i].cells : undefined;
      const recalls = protocol === "leave-one-class-out" ? cells.flatMap(({ recalls: all }) => all[name] ?? []) : [];
      return {
        ...{ on, images: cells[0].hits.length },
        ...{ accuracy: spreadOf(cells, "accuracy"), uar: spreadOf(cells, "uar") },
        runs: cells.map(({ seed, accuracy, uar }) => ({ seed, accuracy, uar })),
        ...(above && { gain: gainOver(above, cells) }),
        ...(recalls.length > 0 && { recall: spread(recalls) }),
      };
    }),
  }));

const spreadOf = (cells: readonly CellScores[], key: "accuracy" | "uar"): Spread =>
  spread(cells.map((cell) => cell[key]));

/** The figures that sum up a protocol; none for few-shot and cross-data, whose tables say all. */
export function summaryFigures(protocol: ProtocolName, rows: readonly ScoredRow[]): SummaryFigure[] {
  if (protocol === "base-to-new") return harmonicMeans(rows);
  if (protocol === "leave-one-class-out") return unseenRecall(rows);
  return protocol === "k-fold" ? foldFigures(rows) : [];
}

/** H = 2 · base · new / (base + new) of the accuracies of each seed (Xian et al. 2017). */
const harmonicMeans = (rows: readonly ScoredRow[]): SummaryFigure[] =>
  rows.map(({ name, scores }) => {
    const [base, added] = scores.map(({ cells }) => cells.map(({ accuracy }) => accuracy));
    const means = base.map((each, seed) => harmonicMean(each, added[seed]));
    const of = name === zeroShotName ? `${zeroShotName}: ` : "";
    return { name: `${of}harmonic mean of base and new`, value: spread(means), over: "seeds" };
  });

/** Harmonic mean of two shares; 0 if both are 0. */
export const harmonicMean = (a: number, b: number): number => (a + b === 0 ? 0 : (2 * a * b) / (a + b));

function unseenRecall(rows: readonly ScoredRow[]): SummaryFigure[] {
  const seeds = rows[0].scores[0].cells.length;
  const means = Array.from({ length: seeds }, (_, s) =>
    mean(rows.flatMap(({ name, scores: [{ cells }] }) => cells[s].recalls[name] ?? [])),
  );
  return [{ name: "mean recall of the classes left out", value: spread(means), over: "seeds" }];
}

function foldFigures(rows: readonly ScoredRow[]): SummaryFigure[] {
  const folds = rows.map(({ scores: [{ cells }] }) => cells);
  const pooled = folds[0].map((_, s) => mean(folds.flatMap((cells) => cells[s].hits)));
  const ofFolds = (key: "accuracy" | "uar") => spread(folds.map((cells) => spreadOf(cells, key).mean));
  return [
    { name: "accuracy of all images", value: spread(pooled), over: "seeds" },
    { name: "accuracy, mean of the folds", value: ofFolds("accuracy"), over: "folds" },
    { name: "UAR, mean of the folds", value: ofFolds("uar"), over: "folds" },
  ];
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
