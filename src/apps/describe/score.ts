/** `describe --score`: contribution of each phrase to zero-shot accuracy, measured by leaving it out. */

import type { Backbone } from "../../clip/backbone.ts";
import { tokenTable } from "../../clip/textTower.ts";
import { loadSplit } from "../../data/datasets.node.ts";
import { BadImages, ImageSource } from "../../data/images.node.ts";
import { epochOrder, limitPerClass } from "../../data/order.ts";
import { certainty } from "../../evaluation/certainty.ts";
import type { Interval } from "../../evaluation/intervals.ts";
import { encodeHardPrompts, openClassifier } from "../../method/classifier.ts";
import { cachedFeatures } from "../../method/featureCache.node.ts";
import { type Descriptions, hardPrompts, phrasesOf } from "../../method/hardPrompts.ts";
import { type FrozenFeatures, frozenFeatures } from "../../method/prototypes.ts";
import { scoreSplit } from "../../method/scoring.ts";
import { contextOf, type RunContext, silent, withoutSummary } from "../../platform/context.ts";
import { MpaError, throwIfStopped } from "../../platform/errors.ts";
import { gainOver } from "../../runs/ablate/summary.ts";
import type { DescribeConfig } from "./options.ts";

export interface Variation {
  readonly name: string;
  /** class index */
  readonly label: number;
  /** phrase that is left out */
  readonly phrase: string;
  /** hard prompt of the class without the phrase; configuration 2 if no phrase remains */
  readonly text: string;
}

/** Builds the hard prompts of all classes, and one variation per phrase left out. Throws CONFIG if a class has no description. */
export function variations(
  classes: readonly string[],
  descriptions: Descriptions,
): { readonly whole: readonly string[]; readonly changes: readonly Variation[] } {
  const changes = classes.flatMap((name, label) => {
    const phrases = phrasesOf(descriptions, name);
    return phrases.map((phrase, left) => {
      const others = phrases.filter((_, i) => i !== left);
      const [text] = others.length === 0 ? hardPrompts(2, [name], {}) : hardPrompts(3, [name], { [name]: others });
      return { name, label, phrase, text };
    });
  });
  return { whole: hardPrompts(3, classes, descriptions), changes };
}

export interface PhraseScore {
  readonly name: string;
  readonly phrase: string;
  /** accuracy with all phrases minus accuracy without this one; positive if the phrase helps */
  readonly adds: number;
  /** 95 % paired bootstrap interval over images, and its p-value */
  readonly interval: Interval;
  readonly p: number;
  /** the same for the recall of the phrase's class */
  readonly addsToRecall: number;
}

export interface DescriptionScore {
  /** zero-shot accuracy with all phrases */
  readonly accuracy: number;
  readonly n: number;
  readonly phrases: readonly PhraseScore[];
}

/** Scores every phrase on the validation split; its frozen features are computed once. Throws as `evaluate` does. */
export async function scoreDescriptions(
  config: DescribeConfig,
  backbone: Backbone,
  descriptions: Descriptions,
  context: RunContext = {},
): Promise<DescriptionScore> {
  const { progress } = contextOf(context);
  const source = await openSource(config, backbone, context);
  const { classes, samples } = source.split;
  const features = await featuresOf(config, backbone, source, context);
  const { whole, changes } = variations(classes, descriptions);
  const texts = [...whole, ...changes.map(({ text }) => text)];
  const { prompt } = await encodeHardPrompts(
    backbone,
    tokenTable(backbone.tokenizer, texts, backbone.clip.config.text.contextLength),
    config,
  );
  const width = backbone.clip.config.jointWidth;
  const row = (i: number) => prompt.data.subarray(i * width, (i + 1) * width);
  const options = { kind: "features", batch: config.batchSize, classes: classes.length, topK: 0 } as const;
  const classifier = await openClassifier(backbone, options, config);
  const hitsWith = async (theta: Float32Array): Promise<readonly number[]> => {
    const prompts = { "text.features": theta };
    const shown = { prompts, features, progress: silent, label: "" };
    const { indices, probabilities } = await scoreSplit(classifier, source, shown);
    const labels = indices.map((i) => samples[i].label);
    return certainty(probabilities, labels, classes.length).isRight.map(Number);
  };
  try {
    const theta = prompt.data.slice(0, classes.length * width);
    const all = await hitsWith(theta);
    const labels = [...features.keys()].sort((a, b) => a - b).map((i) => samples[i].label);
    const task = withoutSummary(progress).start({ label: "leaving out", total: changes.length, unit: "phrases" });
    const phrases: PhraseScore[] = [];
    for (const [i, change] of changes.entries()) {
      throwIfStopped(context.signal, "stopped before every phrase was scored");
      const without = theta.slice();
      without.set(row(classes.length + i), change.label * width);
      phrases.push(phraseScore(change, all, await hitsWith(without), labels));
      task.update(i + 1);
    }
    task.finish();
    return { accuracy: mean(all), n: all.length, phrases };
  } finally {
    await classifier.dispose();
  }
}

function phraseScore(
  { name, phrase, label }: Variation,
  all: readonly number[],
  without: readonly number[],
  labels: readonly number[],
): PhraseScore {
  const run = (hits: readonly number[]) => ({ seed: 0, accuracy: mean(hits), uar: 0, hits });
  const { difference: adds, interval, p } = gainOver([run(without)], [run(all)]);
  const own = (hits: readonly number[]) => mean(hits.filter((_, i) => labels[i] === label));
  return { name, phrase, adds, interval, p, addsToRecall: own(all) - own(without) };
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

async function openSource(
  { data, dataset, labelRule, limit, seed }: DescribeConfig,
  { preprocess }: Backbone,
  context: RunContext,
): Promise<ImageSource> {
  const { signal, notice } = contextOf(context);
  if (data === undefined || dataset === undefined) throw new MpaError("USAGE", "--score needs --data and --dataset");
  const whole = await loadSplit(dataset, data, "valid", { labelRule, notice });
  const order = epochOrder({ size: whole.samples.length, seed, epoch: 0, shuffle: true });
  const split = limit === undefined ? whole : { ...whole, samples: limitPerClass(whole.samples, limit, order) };
  const bad = new BadImages({ name: "valid", size: split.samples.length }, undefined, notice);
  return new ImageSource(split, { preprocess, bad, signal });
}

async function featuresOf(
  { featureCache, batchSize, threads, provider }: DescribeConfig,
  backbone: Backbone,
  source: ImageSource,
  context: RunContext,
): Promise<FrozenFeatures> {
  const { progress, signal } = contextOf(context);
  const options = { batchSize, threads, provider, progress, label: "features of the validation images" };
  const all = source.split.samples.map((_, i) => i);
  const features = await (featureCache === undefined
    ? frozenFeatures(backbone, source, all, options)
    : cachedFeatures(featureCache, backbone, source, options));
  throwIfStopped(signal, "stopped before every image was read");
  return features;
}
