/** `evaluate`: scores a checkpoint, or the hard prompts zero-shot, on one split (CONTRACT.md, Answers). */
import type { EvaluateConfig } from "../config.ts";
import type { Split } from "../data/sample.ts";
import { epochOrder, limitPerClass } from "../data/selection.ts";
import { loadSplit } from "../data/sources.ts";
import { MpaError } from "../errors.ts";
import type { Metrics } from "../evaluation/metrics.ts";
import { scoreClassification } from "../evaluation/metrics.ts";
import { silent } from "../progress.ts";
import type { RunContext } from "../runContext.ts";
import { checkClasses } from "../trainer/checkpoint.ts";
import { BadImages } from "./badImages.ts";
import { ImageSource } from "./imageSource.ts";
import { openPredictor } from "./predictor.ts";
import { type Scores, scoreSplit } from "./score.ts";

export type Evaluation = Metrics & {
  readonly classes: readonly string[];
  readonly split: string;
  readonly provider: string;
  readonly seconds: number;
  /** files that could not be read, left out of every figure */
  readonly unreadable: readonly string[];
};

export interface EvaluationResult {
  readonly evaluation: Evaluation;
  readonly split: Split;
  readonly scores: Scores;
}

export async function evaluate(config: EvaluateConfig, context: RunContext = {}): Promise<EvaluationResult> {
  const { progress = silent, signal, notice = () => undefined } = context;
  const started = performance.now();
  const split = limited(
    await loadSplit(config.dataset, config.data, config.split, { labelRule: config.labelRule }),
    config,
  );
  const predictor = await openPredictor(config, context, split.classes);
  if (predictor.checkpoint) checkClasses(predictor.checkpoint, split.classes, config.checkpoint ?? "");
  const bad = new BadImages({ name: split.name, size: split.samples.length }, config.allowBad, notice);
  const source = new ImageSource(split, { preprocess: predictor.backbone.preprocess, bad, signal });
  const classifier = await predictor.open(Math.min(config.batchSize, split.samples.length));
  try {
    const scores = await scoreSplit(classifier, source, { progress, label: `scoring ${split.name}` });
    if (!scores.complete) throw new MpaError("INTERRUPTED", "stopped before the whole split was scored");
    const labels = scores.indices.map((i) => split.samples[i].label);
    const metrics = scoreClassification({ probabilities: scores.probabilities, labels, classes: split.classes });
    const seconds = (performance.now() - started) / 1000;
    const { classes, name } = split;
    return {
      evaluation: { ...metrics, classes, split: name, provider: config.provider, seconds, unreadable: bad.files },
      split,
      scores,
    };
  } finally {
    await classifier.dispose();
  }
}

function limited(split: Split, { limit, seed }: EvaluateConfig): Split {
  if (limit === undefined) return split;
  const order = epochOrder({ size: split.samples.length, seed, epoch: 0, shuffle: true });
  return { ...split, samples: limitPerClass(split.samples, limit, order) };
}
