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
};

/** The answer of `evaluate`: figures of one split, and how they came about. */
export type Evaluation = Figures &
  MappedFigures & {
    readonly classes: readonly string[];
    readonly split: string;
    readonly provider: string;
    readonly seconds: number;
    /** files that could not be read, left out of every figure */
    readonly unreadable: readonly string[];
    /** with --calibrate: T, fitted on the validation split; the logits behind every figure are divided by it */
    readonly temperature?: number;
    /** with --calibrate: how T came about, and what it does to the validation split */
    readonly calibration?: TemperatureFit;
    /** rows of the data set without a class, by what they are; absent where there are none */
    readonly leftOut?: Readonly<Record<string, number>>;
    /** files of the data set that are no pictures that are read here, by kind; absent where there are none */
    readonly passedOver?: Readonly<Record<string, number>>;
    /** with --slices: one a column */
    readonly slices?: readonly Slice[];
    /** of the test split with a checkpoint: how often it was opened, and what speaks against the figures */
    readonly testSplit?: TestRecord;
    /** on the test split with a checkpoint whose epoch was chosen on it: that this is so */
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
  return {
    ...scoreClassification({ probabilities, labels, classes }),
    intervals: headlineIntervals(predicted, labels, classes.length),
    reliability: reliability(confidence, isRight),
    coverage: coverageCurve(confidence, isRight),
    ...(abstain !== undefined && { abstention: coverageAt(confidence, isRight, abstain) }),
  };
}
