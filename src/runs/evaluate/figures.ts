/** Figures that `evaluate` reports for a scored split. */
import type { Split } from "../../data/sample.ts";
import {
  type CoveragePoint,
  coverageAt,
  coverageCurve,
  type ReliabilityBin,
  reliability,
  type TemperatureFit,
} from "../../evaluation/calibration.ts";
import type { Certainty } from "../../evaluation/certainty.ts";
import { type DistributionFigures, scoreDistributions } from "../../evaluation/distributions.ts";
import { type HeadlineIntervals, headlineIntervals } from "../../evaluation/intervals.ts";
import { type Metrics, scoreClassification } from "../../evaluation/metrics.ts";
import type { MappedFigures } from "../../evaluation/rows.ts";
import type { Slice } from "../../evaluation/slices.ts";
import type { Scores } from "../../method/scoring.ts";
import type { TestRecord } from "../runReport.ts";

/** Metrics of a split, with confidence intervals, reliability and coverage. */
export type Figures = Metrics & {
  /** 95 % intervals of accuracy and UAR */
  readonly intervals: HeadlineIntervals;
  /** the bins behind `ece` */
  readonly reliability: readonly ReliabilityBin[];
  /** accuracy of the most confident images, by the share of images included */
  readonly coverage: readonly CoveragePoint[];
  /** with --abstain: coverage and accuracy of answers with at least that probability */
  readonly abstention?: CoveragePoint;
  /** with the label rule votes: agreement with the distributions of the votes */
  readonly distribution?: DistributionFigures;
};

/** Result of `evaluate`: figures of one split, and the settings behind them. */
export type Evaluation = Figures &
  MappedFigures & {
    readonly classes: readonly string[];
    readonly split: string;
    readonly provider: string;
    readonly seconds: number;
    /** unreadable files, excluded from every figure */
    readonly unreadable: readonly string[];
    /** with --calibrate: T, fitted on the validation split; all logits are divided by it */
    readonly temperature?: number;
    /** with --calibrate: the fit of T, and its effect on the validation split */
    readonly calibration?: TemperatureFit;
    /** number of rows without a class, by reason; absent if there are none */
    readonly leftOut?: Readonly<Record<string, number>>;
    /** number of files that are not supported pictures, by kind; absent if there are none */
    readonly passedOver?: Readonly<Record<string, number>>;
    /** with --slices: one per column */
    readonly slices?: readonly Slice[];
    /** test split with a checkpoint: number of openings, and warnings about selection bias */
    readonly testSplit?: TestRecord;
    /** test split with a checkpoint that was selected on it: the caveat */
    readonly protocol?: string;
  };

/** Figures of a split, from its scores and predictions; `abstain` is the minimum probability of an answer. */
export function figuresOf(
  { classes, samples }: Split,
  { indices, probabilities }: Scores,
  { predicted, confidence, isRight }: Certainty,
  abstain: number | undefined,
): Figures {
  const labels = indices.map((i) => samples[i].label);
  const targets = indices.flatMap((i) => (samples[i].target === undefined ? [] : [samples[i].target]));
  const areDistributions = targets.length > 0 && targets.length === labels.length;
  return {
    ...scoreClassification({ probabilities, labels, classes }),
    intervals: headlineIntervals(predicted, labels, classes.length),
    reliability: reliability(confidence, isRight),
    coverage: coverageCurve(confidence, isRight),
    ...(abstain !== undefined && { abstention: coverageAt(confidence, isRight, abstain) }),
    ...(areDistributions && {
      distribution: scoreDistributions({ probabilities, targets, classes: classes.length }),
    }),
  };
}
