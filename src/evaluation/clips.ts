/** Predictions of video clips from those of their frames. */
import type { Sample } from "../data/sample.ts";
import { logOf } from "./certainty.ts";

/** Rows of class probabilities. */
export interface Rows {
  /** [n] index of each row's sample */
  readonly indices: readonly number[];
  /** [n, C] */
  readonly probabilities: Float32Array;
}

/**
 * Merges the frames of each clip into one row, with the sample of its first frame; other rows stay as they are. The class
 * probabilities are the softmax of the temporal mean of the logits. Logits are needed up to a constant per frame only, so that the
 * logarithms of the probabilities take their place.
 */
export function meanOverClips<T extends Rows>(rows: T, samples: readonly Sample[], classes: number): T {
  const { indices, probabilities } = rows;
  if (!indices.some((i) => samples[i].clip !== undefined)) return rows;
  const framesOf = new Map<string, number[]>();
  for (const [row, index] of indices.entries()) {
    const { clip, file } = samples[index];
    const key = JSON.stringify(clip === undefined ? [file, row] : [clip]);
    const frames = framesOf.get(key);
    if (frames === undefined) framesOf.set(key, [row]);
    else frames.push(row);
  }
  const merged = [...framesOf.values()];
  const means = new Float32Array(merged.length * classes);
  for (const [i, frames] of merged.entries()) {
    const own = frames.map((row) => probabilities.subarray(row * classes, (row + 1) * classes));
    means.set(own.length === 1 ? own[0] : softmaxOfMean(own), i * classes);
  }
  return { ...rows, indices: merged.map(([first]) => indices[first]), probabilities: means };
}

function softmaxOfMean(frames: readonly Float32Array[]): number[] {
  const logits = Array.from(frames[0], (_, c) => frames.reduce((sum, p) => sum + logOf(p[c]), 0) / frames.length);
  const highest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - highest));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return exponentials.map((value) => value / total);
}
