/**
 * Tip-Adapter and Tip-Adapter-F (Zhang et al., ECCV 2022): zero-shot logits plus a cache of the training images, whose keys
 * Tip-Adapter-F learns.
 */
import { scoreClassification } from "../../evaluation/metrics.ts";
import { add, exp, matmul, scale, softmax, sub } from "../../graph/ops/index.ts";
import { constant, parameter, scalar, type Tensor, type TensorData } from "../../graph/tensor.ts";
import { openGraph } from "../classifier.ts";
import { featureInput, type Outputs } from "../graphs.ts";
import { imageTextLoss } from "../losses.ts";
import { adamw } from "../optimiser.ts";
import { type Baseline, type BaselineInputs, labelledFeatures, oneHotRows, type SavedModel } from "./baseline.ts";
import { learnTensors, type TensorLoss } from "./learnTensors.ts";
import { runFeatures, runRows, wholeOutputs } from "./runFeatures.ts";
import { zeroShotLogits } from "./zeroShot.ts";

/** Best α and β of the paper's ablation on ImageNet; the release starts from 1.17 and 1 there (configs/imagenet.yaml). */
const initial = { alpha: 1, beta: 5.5 } as const;

/**
 * The released search on the validation images (configs/imagenet.yaml, `search_scale: [7, 3]`): β and α from 0.1 in equal steps, of which there
 * are 20 for α, and here also for β, where the release has 200.
 */
const searchSteps = 20;
const grid = (max: number): number[] =>
  Array.from({ length: searchSteps }, (_, i) => 0.1 + (i * (max - 0.1)) / searchSteps);
const betas = [initial.beta, ...grid(7)];
const alphas = [initial.alpha, ...grid(3)];

/** Training of Tip-Adapter-F in the release: AdamW with PyTorch's defaults but for ε, and a cosine over all steps. */
const training = {
  lr: 1e-3,
  epsilon: 1e-4,
  momentum: 0.9,
  beta2: 0.999,
  weightDecay: 0.01,
  epochs: 20,
  batchSize: 256,
};

export const tipAdapter: Baseline = {
  name: "tip-adapter",
  learn: async (inputs) => {
    const cache = cacheOf(inputs);
    return { ...(await searched(cache, inputs)), parameters: 0 };
  },
  logits: tipLogits,
};

export const tipAdapterF: Baseline = {
  name: "tip-adapter-f",
  learn: async (inputs) => {
    const cache = cacheOf(inputs);
    const keys = await learnedKeys(cache, inputs);
    return { ...(await searched({ ...cache, keys }, inputs)), parameters: keys.data.length };
  },
  logits: tipLogits,
};

/** The cache: keys F [N,E], the features of the training images; values L [N,C], their labels one-hot; and θ [C,E]. */
type Cache = Readonly<Record<"keys" | "values" | "theta", TensorData>>;

function cacheOf({ train, theta }: BaselineInputs): Cache {
  const { features, labels } = labelledFeatures(train);
  const [classes, width] = theta.shape;
  return { keys: { shape: [labels.length, width], data: features }, values: oneHotRows(labels, classes), theta };
}

function tipLogits(model: SavedModel, global: Tensor): Tensor {
  return cacheModelLogits(model, fixed(model.tensors.keys), global);
}

/** s·f·θᵀ + α·A·L with A = exp(−β·(1 − f·Fᵀ)): logits [B,C] of features f [B,E] with keys F [N,E]. */
function cacheModelLogits({ tensors, settings }: SavedModel, keys: Tensor, f: Tensor): Tensor {
  const cached = cacheLogits(f, keys, fixed(tensors.values), settings.beta);
  return add(zeroShotLogits(f, tensors.theta, settings.scale), scale(cached, settings.alpha));
}

/** A·L with the affinity A = exp(−β·(1 − f·Fᵀ)), [B,C]; features f [B,E], keys F [N,E] and values L [N,C], all normalised. */
export const cacheLogits = (global: Tensor, keys: Tensor, values: Tensor, beta: number): Tensor =>
  matmul(exp(scale(sub(matmul(global, keys, { transB: true }), scalar(1)), beta)), values);

/** Chooses α and β by accuracy on the validation images; a tie goes to the earlier pair, the first of which is the paper's. */
async function searched(cache: Cache, { backbone, valid, runtime }: BaselineInputs): Promise<SavedModel> {
  const global = featureInput(backbone.clip, runRows);
  const { scale: logitScale } = backbone.clip;
  const outputs: Outputs = {
    zero: zeroShotLogits(global, cache.theta, logitScale),
    ...Object.fromEntries(
      betas.map((beta, i) => [`cache.${i}`, cacheLogits(global, fixed(cache.keys), fixed(cache.values), beta)]),
    ),
  };
  const { features, labels } = labelledFeatures(valid);
  const { zero, ...cached } = await runFeatures(outputs, features, backbone, runtime);
  const pairs = betas.flatMap((beta, i) =>
    alphas.map((alpha) => ({ alpha, beta, right: rightAnswers(zero, cached[`cache.${i}`], alpha, labels) })),
  );
  const { alpha, beta } = pairs.reduce((best, pair) => (pair.right > best.right ? pair : best));
  return { tensors: cache, settings: { scale: logitScale, alpha, beta } };
}

/** Number of images whose largest logit, zero + α·cached, is their label's. */
function rightAnswers(zero: Float32Array, cached: Float32Array, alpha: number, labels: readonly number[]): number {
  const classes = zero.length / labels.length;
  return labels.filter((label, row) => {
    const scores = Array.from({ length: classes }, (_, c) => row * classes + c).map((i) => zero[i] + alpha * cached[i]);
    return scores.indexOf(Math.max(...scores)) === label;
  }).length;
}

const keysName = "adapter.keys";

/** Trains the keys with α and β of the paper, and returns those of the epoch with the best validation. Throws INTERRUPTED. */
async function learnedKeys(cache: Cache, inputs: BaselineInputs): Promise<TensorData> {
  const { backbone, clip, classes, valid, runtime } = inputs;
  const width = clip.config.jointWidth;
  const model = { tensors: cache, settings: { ...initial, scale: clip.scale } };
  const keys = parameter(keysName, cache.keys.shape);
  const probabilitiesOf = softmax(cacheModelLogits(model, keys, featureInput(clip, runRows)));
  const scoring = await openGraph(backbone, { probabilities: probabilitiesOf }, runtime);
  const { features, labels } = labelledFeatures(valid);
  try {
    const learned = await learnTensors(inputs, {
      ...{ name: "tip-adapter-f", source: "features", ...training },
      initial: { [keysName]: cache.keys },
      loss: keyLoss(model),
      optimiser: adamw(training),
      validate: async (prompts) => {
        const { probabilities } = await wholeOutputs(scoring, features, width, { [keysName]: prompts[keysName].data });
        return { metrics: scoreClassification({ probabilities, labels, classes }) };
      },
    });
    return learned[keysName];
  } finally {
    await scoring.dispose();
  }
}

/** The cross-entropy of a batch of features with the keys F as the learned tensor. */
export const keyLoss =
  (model: SavedModel): TensorLoss =>
  (learned, { images, target, weight }) =>
    imageTextLoss(cacheModelLogits(model, learned[keysName], images), target, weight);

const fixed = (values: TensorData): Tensor => constant(values.data, values.shape);
