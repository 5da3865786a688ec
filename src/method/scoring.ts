/** Classification of a whole split. */

import type { Images } from "../data/batches.ts";
import { meanOverClips } from "../evaluation/clips.ts";
import type { Feeds } from "../graph/runtime/session.ts";
import type { ProgressReporter } from "../platform/context.ts";
import type { Classifier } from "./classifier.ts";
import type { FrozenFeatures } from "./prototypes.ts";

/** Class probabilities of a split. */
export interface Scores {
  /** indices in the split of the n readable images, ascending; of a clip, the index of its first frame */
  readonly indices: readonly number[];
  /** [n, C] */
  readonly probabilities: Float32Array;
  /** whether all images were processed; false after an abort */
  readonly complete: boolean;
}

/** Options of `scoreSplit`. */
export interface ScoreOptions {
  /** prompts that the classifier takes as inputs */
  readonly prompts?: Feeds;
  /** precomputed features, for a classifier that takes them instead of pixels */
  readonly features?: FrozenFeatures;
  readonly progress: ProgressReporter;
  readonly label: string;
}

/** Classifies the readable images of a split; the frames of a clip become one row (`meanOverClips`). */
export async function scoreSplit(classifier: Classifier, source: Images, options: ScoreOptions): Promise<Scores> {
  const { samples, classes } = source.split;
  const order = samples.map((_, i) => i).filter((i) => options.features === undefined || options.features.has(i));
  const task = options.progress.start({ label: options.label, total: order.length, unit: "images" });
  const indices: number[] = [];
  const probabilities = new Float32Array(order.length * classes.length);
  let reached = 0;
  const batches = options.features
    ? featureBatches(options.features, order, classifier.batch)
    : source.batches({ order, batchSize: classifier.batch, form: classifier.form });
  for await (const batch of batches) {
    reached += batch.indices.length + batch.bad.length;
    if (batch.indices.length > 0) {
      const rows = await classifier.classify(batch.pixels, batch.indices.length, options.prompts);
      probabilities.set(rows, indices.length * classes.length);
      indices.push(...batch.indices);
    }
    task.update(reached);
  }
  task.finish();
  const rows = { indices, probabilities: probabilities.subarray(0, indices.length * classes.length) };
  return { ...meanOverClips(rows, samples, classes.length), complete: reached === order.length };
}

/** Yields batches of precomputed features [n,E] in place of pixels. */
export function* featureBatches(features: FrozenFeatures, order: readonly number[], batchSize: number) {
  for (let start = 0; start < order.length; start += batchSize) {
    const indices = order.slice(start, start + batchSize);
    const rows = indices.map((index) => features.get(index) ?? new Float32Array());
    const pixels = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0));
    let at = 0;
    for (const row of rows) {
      pixels.set(row, at);
      at += row.length;
    }
    yield { indices, pixels, bad: [] };
  }
}
