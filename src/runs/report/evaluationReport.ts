/** HTML report of an evaluation on one split. */

import { fitNotice, type TemperatureFit } from "../../evaluation/calibration.ts";
import type { DistributionFigures } from "../../evaluation/distributions.ts";
import { intervalKind, type MappedFigures, mapLines, percent, percentRange } from "../../evaluation/rows.ts";
import { counted } from "../../platform/counts.ts";
import type { Origin } from "./figure.ts";
import { html, page, type Section } from "./page.ts";
import { confidenceFigures, type EvaluationFigures, whereOfEvaluation } from "./runFigures.ts";
import { classSections, sections } from "./runReport.ts";
import { type MistakeGallery, mistakeGallery, record, sliceTables, table } from "./tables.ts";

/** Contents of the report. */
export interface EvaluationReport {
  /** the scored model: a checkpoint's path, or the zero-shot prompts */
  readonly subject: string;
  /** kind of the data set, and with it the hash of the list of scored images */
  readonly dataset: string;
  readonly data: string;
  readonly evaluation: EvaluationFigures & {
    readonly distribution?: DistributionFigures;
    readonly temperature?: number;
    readonly calibration?: TemperatureFit;
    readonly testSplit?: { readonly openings: number; readonly warnings: readonly string[] };
  } & MappedFigures;
  readonly mistakes: MistakeGallery;
  readonly origin: Origin;
}

/** Renders the report as a self-contained HTML page. */
export function evaluationReport({ subject, dataset, data, evaluation, mistakes, origin }: EvaluationReport): string {
  const where = whereOfEvaluation(evaluation);
  const { split, n, reliability, coverage, slices } = evaluation;
  return page({
    title: `${subject} on ${dataset}`,
    lead: `The ${split} split, ${counted(n, "image")}.`,
    sections: [
      headline(evaluation, data),
      ...classSections(evaluation, where, origin),
      ...sections(confidenceFigures(reliability, coverage, where), origin),
      ...(slices ? [{ heading: "Groups of images", body: sliceTables(slices) }] : []),
      { heading: "Worst mistakes", body: mistakeGallery(mistakes) },
      { heading: "The record", body: record("every figure, as --json gives it", evaluation) },
    ],
  });
}

function headline(evaluation: EvaluationReport["evaluation"], data: string): Section {
  const { accuracy, uar, ece, intervals, distribution, temperature, calibration, testSplit, protocol, ...mapped } =
    evaluation;
  const rows = [
    ["accuracy", percent(accuracy), percentRange(intervals.accuracy)],
    ["UAR", percent(uar), percentRange(intervals.uar)],
    [temperature === undefined ? "ECE" : `ECE at temperature ${temperature.toFixed(3)}`, percent(ece), ""],
    ...(distribution
      ? [
          ["KL of the votes and the prediction, nats", distribution.kl.toFixed(4), ""],
          [
            "soft accuracy",
            `${percent(distribution.softAccuracy)} of at most ${percent(distribution.softAccuracyBound)}`,
            "",
          ],
        ]
      : []),
  ];
  const why = calibration && fitNotice(calibration);
  const notes = [
    ...(why === undefined ? [] : [`Of the calibration: ${why}.`]),
    ...(protocol ? [`Not a figure of unseen data — ${protocol}.`] : []),
    ...mapLines(mapped).map((line) => `${line}.`),
    ...(testSplit?.warnings ?? []),
    ...(testSplit ? [openingsLine(testSplit.openings, data)] : []),
  ].map((note) => html`<p><strong>${note}</strong></p>`);
  return { heading: "Figures", body: html`${table({ heads: ["", "", intervalKind(intervals)], rows })}${notes}` };
}

const openingsLine = (openings: number, data: string): string =>
  openings === 1
    ? `The test images of ${data} were used once with this run's checkpoints.`
    : `The test images of ${data} were used ${openings} times with this run's checkpoints. The best of several scores is too high: report the one that was planned.`;
