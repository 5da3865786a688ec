/** Baselines: other methods on the same frozen CLIP, for tables that compare them with this one. */

import type { Backbone } from "../../clip/backbone.ts";
import type { Clip } from "../../clip/clip.ts";
import type { PromptTokenizer } from "../../clip/textTower.ts";
import type { Augmentation } from "../../data/augment.ts";
import type { Images } from "../../data/batches.ts";
import type { Tensor, TensorData } from "../../graph/tensor.ts";
import type { ProgressReporter } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import type { RuntimeOptions } from "../classifier.ts";
import type { FrozenFeatures } from "../prototypes.ts";

/** A method that classifies global features of images: the frozen g, or its own. */
export interface Baseline {
  readonly name: string;
  /** Learns a model from the training images, and chooses hyperparameters on the validation images. */
  learn(inputs: BaselineInputs): Promise<BaselineModel>;
  /** The features [B,E] of pixels [B,3,S,S] that `logits` takes; the frozen g if absent. */
  image?(model: SavedModel, pixels: Tensor, task: BaselineTask): Tensor;
  /** The logits [B,C] of features [B,E], with the model's tensors as constants. */
  logits(model: SavedModel, global: Tensor, task: BaselineTask): Tensor;
}

/** The frozen CLIP of a table, and the classes in logit order. */
export interface BaselineTask {
  readonly clip: Clip;
  readonly tokenizer: PromptTokenizer;
  readonly classes: readonly string[];
}

/** What a baseline learns from. */
export interface BaselineInputs extends BaselineTask {
  /** θ(t*) of the hard prompts, normalised: [C, E] */
  readonly theta: TensorData;
  readonly seed: number;
  /** @internal */
  readonly backbone: Backbone;
  /** @internal */
  readonly train: FeatureSplit;
  /** @internal */
  readonly valid: FeatureSplit;
  /** @internal augmentation for methods that learn from pixels */
  readonly augment: Augmentation;
  /** @internal */
  readonly runtime: RuntimeOptions;
  /** @internal */
  readonly progress: ProgressReporter;
  /** @internal */
  readonly signal?: AbortSignal;
}

/** Images of a split with their features. */
export interface FeatureSplit {
  readonly images: Images;
  readonly features: FrozenFeatures;
}

/** What the logits of a learned baseline depend on. */
export interface SavedModel {
  readonly tensors: Readonly<Record<string, TensorData>>;
  /** hyperparameters by name, those chosen on the validation images included */
  readonly settings: Readonly<Record<string, number>>;
}

/** A learned baseline. */
export interface BaselineModel extends SavedModel {
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
