/** The frozen and predicting graphs: features of images, features of prompts, and the classifier. */

import type { Clip } from "../clip/clip.ts";
import type { ImageFeatures } from "../clip/imageTower.ts";
import type { TokenTable } from "../clip/textTower.ts";
import { type Cut, cut } from "../graph/cut.ts";
import { gradient } from "../graph/gradient.ts";
import { add, mul, reduceSum, softmax } from "../graph/ops/index.ts";
import { constant, input, parameter, type Shape, type Tensor, type TensorData } from "../graph/tensor.ts";
import { type BuiltTerms, imageTerms, type LossOptions, textTerms, totalLoss } from "./losses.ts";
import { imageFeatures, logits, type TextFeatures, textFeatures } from "./mpaFer.ts";

export type Outputs = Readonly<Record<string, Tensor>>;

/** pixels [B,3,S,S] */
export const pixelInput = (clip: Clip, batch: number): Tensor =>
  input("pixels", [batch, 3, clip.config.vision.imageSize, clip.config.vision.imageSize]);

/** g of images computed before: `global` [B,E] */
export const featureInput = (clip: Clip, batch: number): Tensor => input("global", [batch, clip.config.jointWidth]);

/**
 * pixels → `global` [B,E]: without visual prompts [K,P,V] the frozen features that prototypes and `coop` are made from, with
 * them a trained model's.
 */
export const featureGraph = (clip: Clip, batch: number, visionPrompts?: TensorData): Outputs => ({
  global: imageFeatures(
    clip,
    pixelInput(clip, batch),
    visionPrompts && constant(visionPrompts.data, visionPrompts.shape),
    0,
  ).global,
});

/** Hard prompts → `prompt` θ(t*) [C,E] and `token` e(t*) [C,T]; no inputs. */
export function hardPromptGraph(clip: Clip, tokens: TokenTable): Outputs {
  const { prompt, token } = textFeatures(clip, tokens);
  return { prompt, token };
}

/** `text.context` → `theta` [C,E] of the soft prompts. */
export const softPromptGraph = (clip: Clip, tokens: TokenTable, context: Shape): Outputs => ({
  theta: textFeatures(clip, tokens, parameter("text.context", context)).prompt,
});

export interface ClassifierOptions {
  readonly batch: number;
  readonly classes: number;
  /** k of Eq. 9; 0: global features only */
  readonly topK: number;
  /** Visual prompts [K,P,V] and θ [C,E] as constants of the graph (prediction: the runtime folds their projections). */
  readonly constants?: { readonly visionPrompts?: TensorData; readonly theta: TensorData };
  /** without constants: the shape of the input `vision.prompts`; absent where the variant has none */
  readonly visionPromptShape?: readonly number[];
  /** "features": the input is `global`, g [B,E] computed before, instead of pixels */
  readonly source?: "pixels" | "features";
}

/** pixels (and, without constants, `vision.prompts` and `text.features`) → `logits` and `probabilities` [B,C]. */
export function classifierGraph(clip: Clip, options: ClassifierOptions): Outputs {
  const { batch, classes, topK, constants, visionPromptShape, source = "pixels" } = options;
  const fixed = (values: TensorData) => constant(values.data, values.shape);
  const prompts = constants
    ? constants.visionPrompts && fixed(constants.visionPrompts)
    : visionPromptShape && input("vision.prompts", visionPromptShape);
  const theta = constants ? fixed(constants.theta) : input("text.features", [classes, clip.config.jointWidth]);
  const image =
    source === "features"
      ? { global: featureInput(clip, batch) }
      : imageFeatures(clip, pixelInput(clip, batch), prompts, topK);
  const scores = logits(clip, image, theta, topK);
  return { logits: scores, probabilities: softmax(scores) };
}

/*
 * A training step as graphs: loss terms, and their gradients with respect to the prompts alone. A batch that runs at once is
 * one graph. One that runs in parts has a graph for images, which takes θ and gives ∂L/∂θ as well, and two for texts, one on each
 * side of it: the text tower runs once a batch, not once a part.
 */

export interface TrainingSpec extends LossOptions {
  /** tokens of the soft prompts, with their M places */
  readonly soft: TokenTable;
  /** shape of each learned tensor, by its checkpoint name */
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly classes: number;
  /** k; 0: off */
  readonly topK: number;
  /** θ(t*) and e(t*), normalised, computed once; needed when β > 0 */
  readonly hard?: { readonly prompt: TensorData; readonly token: TensorData };
  /** p [C,E]; needed when γ > 0 */
  readonly prototypes?: TensorData;
  /** "pixels", or "features": g [B,E] computed once, where nothing learned reaches the image tower */
  readonly source: "pixels" | "features";
}

/** What of it the graph of images depends on. */
export type ImageSpec = Omit<TrainingSpec, "soft" | "hard">;

/** The name under which the gradient of a tensor comes out. */
export const gradientName = (name: string): string => `gradient.${name}`;

/** θ [C,E] between the graphs of a batch that runs in parts. */
export const thetaName = "text.features";

/** Graph for a whole batch. Outputs: each loss term, `logits`, and the gradient of L_total for each learned tensor. */
export function trainingGraph(clip: Clip, batch: number, spec: TrainingSpec): Outputs {
  const learned = learnedTensors(spec, Object.keys(spec.shapes));
  const soft = textFeatures(clip, spec.soft, learned["text.context"]);
  const images = imagePart(clip, batch, spec, soft.prompt, learned["vision.prompts"]);
  const terms = { ...images.terms, ...textTerms({ soft, hard: hardFeatures(spec) }, spec) };
  return { ...terms, logits: images.logits, ...gradients(totalLoss(terms, spec), learned) };
}

/** Graph for a part of a batch: `text.features` in; the images' terms and the gradients of it and the visual prompts out. */
export function imageGraph(clip: Clip, images: number, spec: ImageSpec): Outputs {
  const visual = learnedTensors(
    spec,
    Object.keys(spec.shapes).filter((name) => name !== "text.context"),
  );
  const theta = parameter(thetaName, [spec.classes, clip.config.jointWidth]);
  const { terms } = imagePart(clip, images, spec, theta, visual["vision.prompts"]);
  return { ...terms, ...gradients(totalLoss(terms, spec), { ...visual, [thetaName]: theta }) };
}

/**
 * Graphs for a batch's texts: `before` the images θ, the texts' terms, and what is `carried`; `after` them, with that and the
 * gradient of θ in, the context's gradient.
 */
export function textGraphs(clip: Clip, spec: TrainingSpec): Cut {
  const learned = learnedTensors(spec, ["text.context"]);
  const soft = textFeatures(clip, spec.soft, learned["text.context"]);
  const terms = textTerms({ soft, hard: hardFeatures(spec) }, spec);
  // Its derivative along θ is what the images' losses have there.
  const arriving = gradientName(thetaName);
  const ofImages = reduceSum(mul(soft.prompt, input(arriving, soft.prompt.shape)), [0, 1]);
  const back = gradients(add(ofImages, totalLoss(terms, spec)), learned);
  return cut({ [thetaName]: soft.prompt, ...terms, ...back }, [arriving]);
}

function imagePart(
  clip: Clip,
  batch: number,
  spec: ImageSpec,
  theta: Tensor,
  prompts: Tensor | undefined,
): { readonly logits: Tensor; readonly terms: BuiltTerms } {
  const image = imageSource(clip, batch, spec, prompts);
  const scores = logits(clip, image, theta, spec.topK);
  const inputs = {
    logits: scores,
    target: input("target", [batch, spec.classes]),
    weight: input("weight", [batch, 1]),
    ...image,
    theta,
    prototypes: spec.prototypes && { values: fixed(spec.prototypes), labels: input("labels", [batch], "int64") },
  };
  return { logits: scores, terms: imageTerms(inputs, spec) };
}

function imageSource(clip: Clip, batch: number, spec: ImageSpec, prompts: Tensor | undefined): ImageFeatures {
  if (spec.source === "features") return { global: featureInput(clip, batch) };
  return imageFeatures(clip, pixelInput(clip, batch), prompts, spec.topK);
}

const learnedTensors = ({ shapes }: ImageSpec, names: readonly string[]): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(names.map((name) => [name, parameter(name, shapes[name])]));

const hardFeatures = ({ hard }: TrainingSpec): TextFeatures | undefined =>
  hard && { prompt: fixed(hard.prompt), token: fixed(hard.token) };

const fixed = (values: TensorData): Tensor => constant(values.data, values.shape);

function gradients(loss: Tensor, of: Readonly<Record<string, Tensor>>): Outputs {
  const names = Object.keys(of);
  const found = gradient(loss, Object.values(of));
  return Object.fromEntries(names.map((name, i) => [gradientName(name), found[i]]));
}
