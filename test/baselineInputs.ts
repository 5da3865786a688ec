/** What a baseline learns from, made of given features. */
import type { Backbone } from "../src/clip/backbone.ts";
import type { Split } from "../src/data/sample.ts";
import type { BaselineInputs } from "../src/method/baselines/baseline.ts";
import { silent } from "../src/platform/context.ts";

/** Inputs whose training and validation images have these features [E] and labels, in single-threaded sessions. */
export function baselineInputs(
  backbone: Backbone,
  classes: readonly string[],
  features: readonly Float32Array[] = [],
  labels: readonly number[] = [],
): BaselineInputs {
  const samples = labels.map((label, i) => ({ file: `${i}.png`, label }));
  const split: Split = { name: "train", root: "", classes, samples, leftOut: 0 };
  const images = { images: { split, batches: noBatches }, features: new Map(features.entries()) };
  return {
    ...{ clip: backbone.clip, tokenizer: backbone.tokenizer, classes, backbone, seed: 1, augment: "none" },
    theta: { shape: [0, backbone.clip.config.jointWidth], data: new Float32Array() },
    ...{ train: images, valid: images, runtime: { threads: 1, provider: "cpu" }, progress: silent },
  };
}

async function* noBatches() {}
