/** Figures of a training run and of an evaluation, in the order of their reports. */

import { selectionLabel } from "../../data/sample.ts";
import { type CoveragePoint, coverageCurve, type ReliabilityBin, reliability } from "../../evaluation/calibration.ts";
import { certainty } from "../../evaluation/certainty.ts";
import type { HeadlineIntervals } from "../../evaluation/intervals.ts";
import type { Metrics } from "../../evaluation/metrics.ts";
import type { PredictionTable } from "../../evaluation/predictions.ts";
import { intervalKind } from "../../evaluation/rows.ts";
import type { Slice } from "../../evaluation/slices.ts";
import { counted } from "../../platform/counts.ts";
import type { RunManifest } from "../manifest.ts";
import type { MetricRecord } from "../runFolder.ts";
import { lossFigure, validationFigure } from "./curveFigures.ts";
import { lossCurves, validationCurve } from "./curves.ts";
import type { DataTable } from "./dataTable.ts";
import type { Figure } from "./figure.ts";
import { classesFigure, confusionFigure, recallFigure, reliabilityFigure, riskCoverageFigure } from "./scoreFigures.ts";

/** Records of a run that its figures are made of. */
export interface RunRecords {
  readonly manifest: RunManifest;
  readonly records: readonly MetricRecord[];
  /** predictions of the best epoch on the split used for model selection */
  readonly predictions?: PredictionTable | undefined;
}

/** All figures of a run. */
export function runFigures({ manifest, records, predictions }: RunRecords): Figure[] {
  const where = whereOfRun(manifest);
  return [
    ...headlineOfRun(manifest, where),
    ...classFigures(manifest.metrics, where),
    ...predictionFigures(predictions, where),
    ...curveFigures(records, manifest.selection),
  ];
}

/** Sentences for captions on the split that a run's scores are from. */
export const whereOfRun = ({ selection }: Pick<RunManifest, "selection">): string =>
  selection === "valid"
    ? "On the validation split, on which the epoch was chosen; that flatters a little."
    : whereText(selection, selectionLabel(selection));

/** Sentences for captions on the split of an evaluation. */
export const whereOfEvaluation = ({ split, protocol }: Pick<EvaluationFigures, "split" | "protocol">): string =>
  whereText(split === "valid" ? "validation" : split, protocol);

const whereText = (split: string, protocol: string | undefined): string =>
  `On the ${split} split.${protocol === undefined ? "" : ` Not a figure of unseen data: ${protocol}.`}`;

const placed = (where: string, figures: readonly Figure[]): Figure[] =>
  figures.map((figure) => ({ ...figure, caption: `${where} ${figure.caption}` }));

/** Figures of the classes and of their confusion; none for a run without metrics. `where` begins their captions. */
export const classFigures = (metrics: Metrics | undefined, where: string): Figure[] =>
  metrics === undefined ? [] : placed(where, [classesFigure(metrics), recallFigure(metrics), confusionFigure(metrics)]);

/** Figures of predictions' confidence; none without predictions. `where` begins their captions. */
export function predictionFigures(predictions: PredictionTable | undefined, where: string): Figure[] {
  if (predictions === undefined || predictions.files.length === 0) return [];
  const { probabilities, labels, classes } = predictions;
  const { confidence, isRight } = certainty(probabilities, labels, classes.length);
  return confidenceFigures(reliability(confidence, isRight), coverageCurve(confidence, isRight), where);
}

/** Reliability diagram and risk–coverage curve. `where` begins their captions. */
export const confidenceFigures = (
  bins: readonly ReliabilityBin[],
  coverage: readonly CoveragePoint[],
  where: string,
): Figure[] => placed(where, [reliabilityFigure(bins), riskCoverageFigure(coverage)]);

/** Figures of the learning curves that were recorded. */
export function curveFigures(records: readonly MetricRecord[], selection: RunManifest["selection"]): Figure[] {
  const validation = validationCurve(records);
  const losses = lossCurves(records);
  return [
    ...(validation.length > 0 ? [validationFigure(validation, selection)] : []),
    ...(losses.length > 0 ? [lossFigure(losses)] : []),
  ];
}

/** Figures of `evaluate`'s record. */
export interface EvaluationFigures extends Metrics {
  readonly split: string;
  readonly intervals: HeadlineIntervals;
  readonly reliability: readonly ReliabilityBin[];
  readonly coverage: readonly CoveragePoint[];
  readonly slices?: readonly Slice[] | undefined;
  /** caveat of a checkpoint that was selected on this split */
  readonly protocol?: string | undefined;
}

/** All figures of an evaluation. */
export function evaluationFigures(evaluation: EvaluationFigures): Figure[] {
  const where = whereOfEvaluation(evaluation);
  return [
    headline("Scores", evaluation, evaluation.intervals, where),
    ...classFigures(evaluation, where),
    ...confidenceFigures(evaluation.reliability, evaluation.coverage, where),
    ...placed(where, (evaluation.slices ?? []).map(sliceFigure)),
  ];
}

const headlineOfRun = ({ metrics, intervals, config }: RunManifest, where: string): Figure[] =>
  metrics === undefined
    ? []
    : [headline(`Scores of ${config.variant} on ${config.dataset}`, metrics, intervals, where)];

const headline = (
  title: string,
  { accuracy, uar, ece, n }: Metrics,
  intervals: HeadlineIntervals | undefined,
  where: string,
): Figure => ({
  ...{ name: "scores", title, caption: intervals ? `${where} In brackets: the ${intervalKind(intervals)}.` : where },
  data: {
    columns: [
      { head: "metric", format: "plain" },
      { head: "value", format: "percent" },
      { head: "images", format: "plain" },
    ],
    rows: [
      ["accuracy", { value: accuracy, interval: intervals?.accuracy }, n],
      ["UAR", { value: uar, interval: intervals?.uar }, n],
      ["ECE", ece, n],
    ],
  } satisfies DataTable,
});

const sliceFigure = ({ column, groups, unknown }: Slice, index: number): Figure => ({
  ...{ name: `groups-${index + 1}`, title: `Accuracy by ${column}` },
  caption: `In brackets: Wilson's 95 % intervals.${unknown > 0 ? ` ${counted(unknown, "image")} without a value.` : ""}`,
  data: {
    columns: [
      { head: "group", format: "plain" },
      { head: "images", format: "plain" },
      { head: "accuracy", format: "percent" },
    ],
    rows: groups.map(({ value, n, accuracy, interval }) => [
      value,
      n,
      accuracy === undefined ? undefined : { value: accuracy, interval },
    ]),
  },
});
