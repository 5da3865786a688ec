/** `evaluate`: scores a checkpoint, or the hard prompts zero-shot, on one split (CONTRACT.md, Answers). */
import type { EvaluateConfig } from "../config.ts";
import type { Split, SplitName } from "../data/sample.ts";
import { epochOrder, limitPerClass } from "../data/selection.ts";
import { loadSplit } from "../data/sources.ts";
import { MpaError } from "../errors.ts";
import { type CoveragePoint, coverageAt, coverageCurve } from "../evaluation/abstention.ts";
import { type ClassMap, mapClasses, mapProbabilities } from "../evaluation/classMap.ts";
import { type HeadlineIntervals, headlineIntervals } from "../evaluation/intervals.ts";
import type { Metrics } from "../evaluation/metrics.ts";
import { scoreClassification } from "../evaluation/metrics.ts";
import { fitTemperature, withTemperature } from "../evaluation/temperature.ts";
import { silent } from "../progress.ts";
import type { RunContext } from "../runContext.ts";
import { checkClasses } from "../trainer/checkpoint.ts";
import { BadImages } from "./badImages.ts";
import type { Classifier } from "./classifier.ts";
import { ImageSource } from "./imageSource.ts";
import { openPredictor, type Predictor } from "./predictor.ts";
import { type Scores, scoreSplit } from "./score.ts";

export type Evaluation = Metrics & {
  readonly classes: readonly string[];
  readonly split: string;
  readonly provider: string;
  readonly seconds: number;
  /** files that could not be read, left out of every figure */
  readonly unreadable: readonly string[];
  /** 95 % bootstrap intervals of accuracy and UAR */
  readonly intervals: HeadlineIntervals;
  /** accuracy of the surest images, from all of them down */
  readonly coverage: readonly CoveragePoint[];
  /** with --abstain: what is answered from that probability on */
  readonly abstention?: CoveragePoint;
  /** with --calibrate: T, fitted on the validation split; the probabilities behind every figure are divided by it */
  readonly temperature?: number;
  /** with --map: images of classes that the model does not know, left out of every figure */
  readonly unmapped?: number;
};

/** The class of the largest probability; of equal ones the lower class. */
export interface Answer {
  readonly label: number;
  readonly probability: number;
}

export interface EvaluationResult {
  readonly evaluation: Evaluation;
  /** of each image that could be read, in the order of `scores` */
  readonly answers: readonly Answer[];
  readonly split: Split;
  readonly scores: Scores;
}

export async function evaluate(config: EvaluateConfig, context: RunContext = {}): Promise<EvaluationResult> {
  const started = performance.now();
  const whole = await loadLimited(config, config.split);
  const predictor = await openPredictor(config, context, whole.classes);
  const map = config.map ? mapClasses(predictor.classes, whole.classes) : undefined;
  if (predictor.checkpoint && !map) checkClasses(predictor.checkpoint, whole.classes, config.checkpoint ?? "");
  const temperature = config.calibrate ? await temperatureOf(config, predictor, map, context) : undefined;
  const split = map ? mapSplit(whole, map) : whole;
  const { unreadable, scores: raw } = await score(config, predictor, split, map, context);
  const { classes, name, samples } = split;
  const probabilities =
    temperature === undefined ? raw.probabilities : withTemperature(raw.probabilities, classes.length, temperature);
  const labels = raw.indices.map((i) => samples[i].label);
  const answers = labels.map((_, row) =>
    largest(probabilities.subarray(row * classes.length, (row + 1) * classes.length)),
  );
  const confidence = answers.map(({ probability }) => probability);
  const isRight = answers.map(({ label }, row) => label === labels[row]);
  const evaluation: Evaluation = {
    ...scoreClassification({ probabilities, labels, classes }),
    ...{ classes, split: name, provider: config.provider, seconds: (performance.now() - started) / 1000, unreadable },
    intervals: headlineIntervals(
      answers.map(({ label }) => label),
      labels,
      classes.length,
    ),
    coverage: coverageCurve(confidence, isRight),
    ...(config.abstain !== undefined && { abstention: coverageAt(confidence, isRight, config.abstain) }),
    ...(temperature !== undefined && { temperature }),
    ...(map && { unmapped: whole.samples.length - samples.length }),
  };
  return { evaluation, answers, split, scores: { ...raw, probabilities } };
}

/** T for the predictor, fitted on the validation split (its calibration there says nothing then). Throws USAGE. */
async function temperatureOf(
  config: EvaluateConfig,
  predictor: Predictor,
  map: ClassMap | undefined,
  context: RunContext,
): Promise<number> {
  if (config.split === "valid") {
    const what = "the temperature is fitted on the validation split, which cannot be scored with it";
    throw new MpaError("USAGE", what, undefined, "name another --split, or leave --calibrate out");
  }
  const whole = await loadLimited(config, "valid");
  const valid = map ? mapSplit(whole, map) : whole;
  const { scores } = await score(config, predictor, valid, map, context);
  const labels = scores.indices.map((i) => valid.samples[i].label);
  return fitTemperature(scores.probabilities, labels, valid.classes.length);
}

async function score(
  config: EvaluateConfig,
  predictor: Predictor,
  split: Split,
  map: ClassMap | undefined,
  { progress = silent, signal, notice = () => undefined }: RunContext,
): Promise<{ readonly scores: Scores; readonly unreadable: readonly string[] }> {
  const bad = new BadImages({ name: split.name, size: split.samples.length }, config.allowBad, notice);
  const source = new ImageSource(split, { preprocess: predictor.backbone.preprocess, bad, signal });
  const whole = await predictor.open(Math.min(config.batchSize, split.samples.length));
  const classifier = map ? mapped(whole, predictor.classes.length, map) : whole;
  try {
    const scores = await scoreSplit(classifier, source, { progress, label: `scoring ${split.name}` });
    if (!scores.complete) throw new MpaError("INTERRUPTED", "stopped before the whole split was scored");
    return { scores, unreadable: bad.files };
  } finally {
    await classifier.dispose();
  }
}

/** The same classifier, of the common classes only. */
const mapped = (classifier: Classifier, classes: number, map: ClassMap): Classifier => ({
  ...classifier,
  classify: async (images, n, prompts) => mapProbabilities(await classifier.classify(images, n, prompts), classes, map),
});

/** The images of the common classes. */
function mapSplit(split: Split, { classes, labelTo }: ClassMap): Split {
  const samples = split.samples.flatMap(({ target: _, ...sample }) => {
    const label = labelTo[sample.label];
    return label === undefined ? [] : [{ ...sample, label }];
  });
  return { ...split, classes, samples };
}

function largest(row: Float32Array): Answer {
  const probability = Math.max(...row);
  return { label: row.indexOf(probability), probability };
}

async function loadLimited(config: EvaluateConfig, name: SplitName): Promise<Split> {
  return limited(await loadSplit(config.dataset, config.data, name, { labelRule: config.labelRule }), config);
}

function limited(split: Split, { limit, seed }: EvaluateConfig): Split {
  if (limit === undefined) return split;
  const order = epochOrder({ size: split.samples.length, seed, epoch: 0, shuffle: true });
  return { ...split, samples: limitPerClass(split.samples, limit, order) };
}
