/** Baselines on frozen image features: methods that learn no prompts, for tables that compare them with prompt learning. */

import type { Backbone } from "../../clip/backbone.ts";
import type { Images } from "../../data/batches.ts";
import type { Tensor, TensorData } from "../../graph/tensor.ts";
import { MpaError } from "../../platform/errors.ts";
import type { RuntimeOptions } from "../classifier.ts";
import type { FrozenFeatures } from "../prototypes.ts";

/** A method that classifies the frozen global features g of images. */
export interface Baseline {
  readonly name: string;
  /** Learns a model from the training images, and chooses hyperparameters on the validation images. */
  learn(inputs: BaselineInputs): Promise<BaselineModel>;
  /** The logits [B,C] of features g [B,E], with the model's tensors as constants. */
  logits(model: BaselineModel, global: Tensor): Tensor;
}

/** What a baseline learns from. */
export interface BaselineInputs {
  readonly backbone: Backbone;
  readonly train: FeatureSplit;
  readonly valid: FeatureSplit;
  /** θ(t*) of the hard prompts, normalised: [C, E] */
  readonly theta: TensorData;
  readonly seed: number;
  readonly runtime: RuntimeOptions;
  readonly signal?: AbortSignal;
}

/** Images of a split with their features. */
export interface FeatureSplit {
  readonly images: Images;
  readonly features: FrozenFeatures;
}

/** A learned baseline: everything that its logits depend on. */
export interface BaselineModel {
  readonly tensors: Readonly<Record<string, TensorData>>;
  /** hyperparameters by name, those chosen on the validation images included */
  readonly settings: Readonly<Record<string, number>>;
  /** number of trainable parameters */
  readonly parameters: number;
}

/** Features [n,E] and labels of the readable images of a split, in its order. */
export interface LabelledFeatures {
  readonly features: Float32Array;
  readonly labels: readonly number[];
}

/** Gathers the features of a split in one array. Throws NUMERIC if a value is not finite. */
export function labelledFeatures({ images, features }: FeatureSplit): LabelledFeatures {
  const { samples } = images.split;
  const indices = [...features.keys()].sort((a, b) => a - b);
  const rows = indices.map((index) => features.get(index) ?? new Float32Array());
  const gathered = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0));
  let at = 0;
  for (const row of rows) {
    gathered.set(row, at);
    at += row.length;
  }
  if (!gathered.every(Number.isFinite)) {
    throw new MpaError("NUMERIC", `features of the ${images.split.name} images are not finite`, {
      fix: "check the backbone with doctor",
    });
  }
  return { features: gathered, labels: indices.map((index) => samples[index].label) };
}

/** Labels as the rows of an identity matrix, [n, C]. */
export function oneHotRows(labels: readonly number[], classes: number): TensorData {
  const data = new Float32Array(labels.length * classes);
  for (const [row, label] of labels.entries()) data[row * classes + label] = 1;
  return { shape: [labels.length, classes], data };
}
