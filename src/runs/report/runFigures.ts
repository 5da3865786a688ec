/** Figures of a training run and of an evaluation, in the order of their reports. */
import { type CoveragePoint, coverageCurve, type ReliabilityBin, reliability } from "../../evaluation/calibration.ts";
import { certainty } from "../../evaluation/certainty.ts";
import type { HeadlineIntervals } from "../../evaluation/intervals.ts";
import type { Metrics } from "../../evaluation/metrics.ts";
import type { PredictionTable } from "../../evaluation/predictions.ts";
import type { Slice } from "../../evaluation/slices.ts";
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
export const runFigures = (run: RunRecords): Figure[] => [
  ...headlineOfRun(run.manifest),
  ...classFigures(run.manifest.metrics),
  ...predictionFigures(run.predictions),
  ...curveFigures(run.records, run.manifest.selection),
];

/** Figures of the classes and of their confusion; none for a run without metrics. */
export const classFigures = (metrics: Metrics | undefined): Figure[] =>
  metrics === undefined ? [] : [classesFigure(metrics), recallFigure(metrics), confusionFigure(metrics)];

/** Figures of predictions' confidence; none without predictions. */
export function predictionFigures(predictions: PredictionTable | undefined): Figure[] {
  if (predictions === undefined || predictions.files.length === 0) return [];
  const { probabilities, labels, classes } = predictions;
  const { confidence, isRight } = certainty(probabilities, labels, classes.length);
  return [reliabilityFigure(reliability(confidence, isRight)), riskCoverageFigure(coverageCurve(confidence, isRight))];
}

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
}

/** All figures of an evaluation. */
export const evaluationFigures = (evaluation: EvaluationFigures): Figure[] => [
  headline(`Scores on the ${evaluation.split} split`, evaluation, evaluation.intervals),
  ...classFigures(evaluation),
  reliabilityFigure(evaluation.reliability),
  riskCoverageFigure(evaluation.coverage),
  ...(evaluation.slices ?? []).map(sliceFigure),
];

function headlineOfRun({ metrics, intervals, selection, config }: RunManifest): Figure[] {
  if (metrics === undefined) return [];
  const split = selection === "test" ? "test split (the paper's protocol)" : "validation split";
  return [headline(`Scores of ${config.variant} on ${config.dataset}, ${split}`, metrics, intervals)];
}

const headline = (title: string, { accuracy, uar, ece, n }: Metrics, intervals?: HeadlineIntervals): Figure => ({
  ...{ name: "scores", title, caption: intervals ? "In brackets: 95 % intervals over images." : "" },
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
  caption: `In brackets: Wilson's 95 % intervals.${unknown > 0 ? ` ${unknown} images have no value.` : ""}`,
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
