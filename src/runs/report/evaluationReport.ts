/** HTML report of an evaluation on one split. */
import {
  type CoveragePoint,
  fitNotice,
  type ReliabilityBin,
  type TemperatureFit,
} from "../../evaluation/calibration.ts";
import type { DistributionFigures } from "../../evaluation/distributions.ts";
import type { HeadlineIntervals } from "../../evaluation/intervals.ts";
import type { Metrics } from "../../evaluation/metrics.ts";
import { intervalKind, type MappedFigures, mapLines, percent, percentRange } from "../../evaluation/rows.ts";
import type { Slice } from "../../evaluation/slices.ts";
import { html, page, type Section } from "./page.ts";
import { coveragePlot, reliabilityPlot } from "./plots.ts";
import {
  classTable,
  confusionTable,
  type MistakeGallery,
  mistakeGallery,
  record,
  sliceTables,
  table,
} from "./tables.ts";

/** Contents of the report. */
export interface EvaluationReport {
  /** the scored model: a checkpoint's path, or the zero-shot prompts */
  readonly subject: string;
  /** kind of the data set, and with it the hash of the list of scored images */
  readonly dataset: string;
  readonly data: string;
  readonly evaluation: Metrics & {
    readonly split: string;
    readonly intervals: HeadlineIntervals;
    readonly reliability: readonly ReliabilityBin[];
    readonly coverage: readonly CoveragePoint[];
    readonly distribution?: DistributionFigures;
    readonly temperature?: number;
    readonly calibration?: TemperatureFit;
    readonly slices?: readonly Slice[];
    readonly testSplit?: { readonly openings: number; readonly warnings: readonly string[] };
    readonly protocol?: string;
  } & MappedFigures;
  readonly mistakes: MistakeGallery;
}

/** Renders the report as a self-contained HTML page. */
export function evaluationReport({ subject, dataset, data, evaluation, mistakes }: EvaluationReport): string {
  const { split, n, reliability, coverage, slices } = evaluation;
  return page({
    title: `${subject} on ${dataset}`,
    lead: `The ${split} split, ${n} images.`,
    sections: [
      headline(evaluation, data),
      { heading: "Classes", body: classTable(evaluation) },
      { heading: "Confusion", body: confusionTable(evaluation) },
      { heading: "Reliability", body: reliabilityPlot(reliability) },
      { heading: "Giving no answer", body: coveragePlot(coverage) },
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
    ? `The test split of ${data} was opened once with this run's checkpoints.`
    : `The test split of ${data} was opened ${openings} times with this run's checkpoints; a figure that was chosen among them flatters.`;
