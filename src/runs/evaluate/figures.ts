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

/** Result of `evaluate`: figures of one split and the conditions they were measured under. */
export type Evaluation = Figures & {
  readonly classes: readonly string[];
  readonly split: string;
  readonly provider: string;
  readonly seconds: number;
  /** unreadable files, excluded from all figures */
  readonly unreadable: readonly string[];
  /** with --calibrate: temperature T, fitted on the validation split; the logits behind all figures are divided by it */
  readonly temperature?: number;
  /** with --calibrate: details of the temperature fit on the validation split */
  readonly calibration?: TemperatureFit;
  /** with --map: number of images excluded because the model lacks their class */
  readonly unmapped?: number;
  /** with --slices: one slice per metadata column */
  readonly slices?: readonly Slice[];
  /** on the test split with a checkpoint: number of evaluations so far, and warnings about selection bias */
  readonly testSplit?: TestRecord;
  /** on the test split with a checkpoint: caveat if its epoch was selected on the test split */
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
