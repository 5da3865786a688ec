/**
 * Mixup (Zhang et al. 2018): each image of a batch is blended with a partner from the same batch, after augmentation and normalisation,
 * and so is its target. One share λ ~ Beta(α, α) for the batch, as in the authors' code.
 */
import { Random } from "../platform/random.ts";
import type { TrainingBatch } from "./step.ts";

/** Blend of a batch: image i becomes share · image i + (1 − share) · image partners[i]. */
export interface Mix {
  readonly share: number;
  readonly partners: readonly number[];
}

/** Position of a batch in the training, which determines its blend. */
export interface BatchPlace {
  readonly seed: number;
  readonly epoch: number;
  /** number of the batch in its epoch */
  readonly batch: number;
}

/** The blend of a batch of `size` readable images; `undefined` without mixup. */
export function drawMix(alpha: number | undefined, { seed, epoch, batch }: BatchPlace, size: number): Mix | undefined {
  if (alpha === undefined || alpha === 0) return undefined;
  const random = new Random(seed, "mixup", epoch, batch);
  return { share: random.beta(alpha, alpha), partners: random.permutation(size) };
}

/** Blends the images and targets of a batch with those of a batch of partners, place by place. */
export function blended(own: TrainingBatch, partners: TrainingBatch, share: number): TrainingBatch {
  const blend = (a: Float32Array, b: Float32Array) => a.map((value, i) => share * value + (1 - share) * b[i]);
  const { size, labels } = own;
  return {
    size,
    images: blend(own.images, partners.images),
    target: blend(own.target, partners.target),
    labels,
    mixed: { labels: partners.labels, share },
  };
}

/** Blends a batch with itself. Its arrays hold exactly `size` images. */
export function mixedBatch(batch: TrainingBatch, { share, partners }: Mix): TrainingBatch {
  const { size, images, target, labels } = batch;
  const others = {
    size,
    images: gathered(images, partners),
    target: gathered(target, partners),
    labels: partners.map((i) => labels[i]),
  };
  return blended(batch, others, share);
}

/** Blends target distributions [n, C] as `mixedBatch` does. */
export function mixedTargets(target: Float32Array, mix: Mix | undefined): Float32Array {
  if (mix === undefined) return target;
  const { share, partners } = mix;
  const others = gathered(target, partners);
  return target.map((value, i) => share * value + (1 - share) * others[i]);
}

/** Rows of a row-major matrix that has as many rows as there are indices. */
function gathered(rows: Float32Array, indices: readonly number[]): Float32Array {
  const width = rows.length / indices.length;
  const chosen = new Float32Array(rows.length);
  for (const [to, from] of indices.entries()) {
    chosen.set(rows.subarray(from * width, (from + 1) * width), to * width);
  }
  return chosen;
}
