/** Static graphs of the method: frozen features, classifier, and training step with gradients. */

import { type Clip, isHalf } from "../clip/clip.ts";
import type { ImageFeatures } from "../clip/imageTower.ts";
import type { TokenTable } from "../clip/textTower.ts";
import { type Cut, cut } from "../graph/cut.ts";
import { gradient } from "../graph/gradient.ts";
import { add, concat, div, halves, matmul, mul, reduceSum, scale, softmax } from "../graph/ops/index.ts";
import { constant, input, parameter, type Shape, type Tensor, type TensorData } from "../graph/tensor.ts";
import { type Inference, plainInference } from "./checkpoint.ts";
import { type BuiltTerms, imageTerms, type LossOptions, textTerms, totalLoss } from "./losses.ts";
import { imageFeatures, logits, type TextFeatures, textFeatures } from "./mpaFer.ts";

/** Graph outputs by name. */
export type Outputs = Readonly<Record<string, Tensor>>;

/** The input `pixels` [B,3,S,S]. */
export const pixelInput = (clip: Clip, batch: number): Tensor =>
  input("pixels", [batch, 3, clip.config.vision.imageSize, clip.config.vision.imageSize]);

/** The input `global` [B,E]: precomputed global image features g. */
export const featureInput = (clip: Clip, batch: number): Tensor => input("global", [batch, clip.config.jointWidth]);

/**
 * `pixels` [B,3,S,S] → `global` [B,E]. Without visual prompts [K,P,V] these are the frozen features used for prototypes and by
 * the `coop` variant.
 */
export const featureGraph = (
  clip: Clip,
  batch: number,
  visionPrompts?: TensorData,
  pixels: Tensor = pixelInput(clip, batch),
): Outputs => ({ global: imageFeatures(clip, pixels, visionPrompts && fixed(visionPrompts), 0).global });

/** Text features of the hard prompts: `prompt` θ(t*) [C,E] and `token` e(t*) [C,T]. The graph has no inputs. */
export function hardPromptGraph(clip: Clip, tokens: TokenTable): Outputs {
  const { prompt, token } = textFeatures(clip, tokens);
  return { prompt, token };
}

/** `text.context` [C,M,T] or [M,T] → `theta` [C,E], the text features of the soft prompts. */
export const softPromptGraph = (clip: Clip, tokens: TokenTable, context: Shape): Outputs => ({
  theta: textFeatures(clip, tokens, parameter("text.context", context)).prompt,
});

/** How a classifier graph receives its prompts. */
export type ClassifierPrompts =
  /** θ [C,E] and visual prompts [K,P,V] as constants, so that the runtime can fold their projections */
  | {
      readonly kind: "constants";
      readonly theta: TensorData;
      readonly visionPrompts?: TensorData;
      readonly inference?: Inference;
    }
  /** θ as input `text.features`, and visual prompts of this shape, if any, as input `vision.prompts` */
  | { readonly kind: "inputs"; readonly visionPromptShape?: Shape }
  /** θ as input `text.features`; images as input `global` [B,E], precomputed features, instead of pixels */
  | { readonly kind: "features" };

/** Options of a classifier graph. */
export type ClassifierOptions = ClassifierPrompts & {
  readonly batch: number;
  readonly classes: number;
  /** k of Eq. 9; 0: global features only */
  readonly topK: number;
};

/** `pixels` or `global`, and the prompt inputs of `ClassifierPrompts` → `logits` and `probabilities` [B,C]. */
export function classifierGraph(
  clip: Clip,
  options: ClassifierOptions,
  pixels: Tensor = pixelInput(clip, options.batch),
): Outputs {
  const { batch, classes, topK } = options;
  if (options.kind === "constants") {
    const scores = answerLogits({ ...options, clip }, pixels);
    return { logits: scores, probabilities: softmax(scores) };
  }
  const image =
    options.kind === "features" ? { global: featureInput(clip, batch) } : promptedFeatures(clip, options, pixels);
  const theta = input(thetaName, [classes, clip.config.jointWidth]);
  const scores = logits(clip, image, theta, topK);
  return { logits: scores, probabilities: softmax(scores) };
}

/** What the answers of a model depend on besides pixels. */
export interface Answering {
  readonly clip: Clip;
  /** θ: [C, E] */
  readonly theta: TensorData;
  readonly visionPrompts?: TensorData;
  readonly topK: number;
  readonly inference?: Inference;
}

/** `pixels` [B,3,S,S] → the logits [B,C] whose softmax is the answer: averaged over the mirrored image, adjusted, and divided by T. */
export function answerLogits(model: Answering, pixels: Tensor): Tensor {
  const { clip, topK, inference: { flip, temperature, adjustment } = plainInference } = model;
  const views = flip ? concat([pixels, mirrored(pixels)], 0) : pixels;
  const image = imageFeatures(clip, views, model.visionPrompts && fixed(model.visionPrompts), topK);
  const scores = logits(clip, image, fixed(model.theta), topK);
  const mean = flip ? scale(add(...halves(scores, 0)), 0.5) : scores;
  const answer = adjustment
    ? add(mean, fixed({ shape: [adjustment.length], data: Float32Array.from(adjustment) }))
    : mean;
  return temperature === 1 ? answer : scale(answer, 1 / temperature);
}

/** Specification of the training graphs. A component that the variant lacks is absent or 0. */
export interface TrainingSpec extends LossOptions {
  /** tokens of the soft prompts, with M positions for the context */
  readonly soft: TokenTable;
  /** shape of each trainable tensor by its checkpoint name */
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly classes: number;
  /** k of Eq. 9; 0 turns local alignment off */
  readonly topK: number;
  /** θ(t*) and e(t*) of the hard prompts, normalised; required when β > 0 */
  readonly hard?: { readonly prompt: TensorData; readonly token: TensorData };
  /** p [C,E]; required when γ > 0 */
  readonly prototypes?: TensorData;
  /** image input: "pixels", or "features", precomputed g [B,E], if the image encoder has no trainable parameters */
  readonly source: "pixels" | "features";
}

/** The subset of a `TrainingSpec` that the image graph depends on. */
export type ImageSpec = Omit<TrainingSpec, "soft" | "hard">;

/** The output name of a tensor's gradient. */
export const gradientName = (name: string): string => `gradient.${name}`;

/** Input name of θ [C,E] in the classifier graph and in the micro-batch image graph. */
export const thetaName = "text.features";

/** Input name of the scale of L_vt with class weights, [1]. */
export const classScaleName = "class.scale";

/** Input names of mixup: the partners' classes [B], and the images' own share [1]. */
export const mixedNames = { labels: "mixed.labels", share: "mixed.share" } as const;

/**
 * Input name of the factor at which the loss's gradient begins, a scalar of training graphs with products in half precision. The
 * gradients that they give are divided by it, and not finite where one overflowed (`lossScale.ts`).
 */
export const lossScaleName = "loss.scale";

/**
 * A training step on a whole batch of pixels [B,3,S,S], by default an input. Outputs: each loss term, `logits`, and the gradient of L_total
 * for each trainable tensor.
 */
export function trainingGraph(
  clip: Clip,
  batch: number,
  spec: TrainingSpec,
  pixels: Tensor = pixelInput(clip, batch),
): Outputs {
  const learned = learnedTensors(spec, Object.keys(spec.shapes));
  const soft = textFeatures(clip, spec.soft, learned["text.context"]);
  const features = imageSource(clip, pixels, spec, learned["vision.prompts"]);
  const images = imageLosses(clip, features, spec, soft.prompt);
  const terms = { ...images.terms, ...textTerms({ soft, hard: hardFeatures(spec) }, spec) };
  return { ...terms, logits: images.logits, ...gradients(clip, totalLoss(terms, spec), learned) };
}

/**
 * The image part of a training step for one micro-batch. θ is an input; outputs are the image loss terms and the gradients of
 * θ and the visual prompts. The text part runs separately (`textGraphs`), so the text encoder runs once per batch.
 */
export function imageGraph(
  clip: Clip,
  images: number,
  spec: ImageSpec,
  pixels: Tensor = pixelInput(clip, images),
): Outputs {
  const visual = learnedTensors(
    spec,
    Object.keys(spec.shapes).filter((name) => name !== "text.context"),
  );
  const theta = parameter(thetaName, [spec.classes, clip.config.jointWidth]);
  const features = imageSource(clip, pixels, spec, visual["vision.prompts"]);
  const { terms } = imageLosses(clip, features, spec, theta);
  return { ...terms, ...gradients(clip, totalLoss(terms, spec), { ...visual, [thetaName]: theta }) };
}

/**
 * The text part of a training step, cut in two. `before` is the forward pass: θ, the text loss terms and the carried tensors.
 * `after` is the backward pass: from the carried tensors and the gradient of θ to the gradient of the context.
 */
export function textGraphs(clip: Clip, spec: TrainingSpec): Cut {
  const learned = learnedTensors(spec, ["text.context"]);
  const soft = textFeatures(clip, spec.soft, learned["text.context"]);
  const terms = textTerms({ soft, hard: hardFeatures(spec) }, spec);
  // The inner product ⟨θ, ∂L_images/∂θ⟩ has the derivative of the image losses with respect to θ.
  const arriving = gradientName(thetaName);
  const ofImages = reduceSum(mul(soft.prompt, input(arriving, soft.prompt.shape)), [0, 1]);
  const back = gradients(clip, add(ofImages, totalLoss(terms, spec)), learned);
  return cut({ [thetaName]: soft.prompt, ...terms, ...back }, [arriving, lossScaleName]);
}

/** Images [B,3,S,S] with their columns reversed, as a product with the exchange matrix. */
function mirrored(pixels: Tensor): Tensor {
  const [, , , side] = pixels.shape;
  const exchange = Float32Array.from({ length: side ** 2 }, (_, i) =>
    Math.floor(i / side) + (i % side) === side - 1 ? 1 : 0,
  );
  return matmul(pixels, constant(exchange, [side, side]));
}

function promptedFeatures(
  clip: Clip,
  options: Extract<ClassifierOptions, { readonly kind: "inputs" }>,
  pixels: Tensor,
): ImageFeatures {
  const prompts = options.visionPromptShape && input("vision.prompts", options.visionPromptShape);
  return imageFeatures(clip, pixels, prompts, options.topK);
}

function imageLosses(
  clip: Clip,
  image: ImageFeatures,
  spec: ImageSpec,
  theta: Tensor,
): { readonly logits: Tensor; readonly terms: BuiltTerms } {
  const [batch] = image.global.shape;
  const scores = logits(clip, image, theta, spec.topK);
  const inputs = {
    logits: scores,
    target: input("target", [batch, spec.classes]),
    weight: input("weight", [batch, 1]),
    ...(spec.classWeights && { classScale: input(classScaleName, [1]) }),
    ...image,
    theta,
    prototypes: spec.prototypes && {
      values: fixed(spec.prototypes),
      labels: input("labels", [batch], "int64"),
      ...(spec.isMixed && {
        mixed: { labels: input(mixedNames.labels, [batch], "int64"), share: input(mixedNames.share, [1]) },
      }),
    },
  };
  return { logits: scores, terms: imageTerms(inputs, spec) };
}

function imageSource(
  clip: Clip,
  pixels: Tensor,
  { source, topK }: Pick<TrainingSpec, "source" | "topK">,
  prompts: Tensor | undefined,
): ImageFeatures {
  return source === "features"
    ? { global: featureInput(clip, pixels.shape[0]) }
    : imageFeatures(clip, pixels, prompts, topK);
}

const learnedTensors = ({ shapes }: ImageSpec, names: readonly string[]): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(names.map((name) => [name, parameter(name, shapes[name])]));

const hardFeatures = ({ hard }: TrainingSpec): TextFeatures | undefined =>
  hard && { prompt: fixed(hard.prompt), token: fixed(hard.token) };

const fixed = (values: TensorData): Tensor => constant(values.data, values.shape);

/** The gradient of a loss for each trainable tensor, by `gradientName`. */
export function gradients(clip: Clip, loss: Tensor, of: Readonly<Record<string, Tensor>>): Outputs {
  const names = Object.keys(of);
  const factor = isHalf(clip) ? input(lossScaleName, []) : undefined;
  const found = scaledGradient(loss, Object.values(of), factor);
  return Object.fromEntries(names.map((name, i) => [gradientName(name), found[i]]));
}

/** ∂loss/∂leaf, computed `factor` times as large and divided by it in single precision, so that none is lost in half precision. */
export function scaledGradient(loss: Tensor, leaves: readonly Tensor[], factor: Tensor | undefined): readonly Tensor[] {
  if (factor === undefined) return gradient(loss, leaves);
  return gradient(loss, leaves, factor).map((grad) => div(grad, factor));
}
