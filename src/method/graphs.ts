/** The method's static graphs: frozen features, the classifier, and a training step with its gradients. */

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
  global: imageFeatures(clip, pixelInput(clip, batch), visionPrompts && fixed(visionPrompts), 0).global,
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

/** How the prompts reach a classifier. */
export type ClassifierPrompts =
  /** as constants of the graph, whose projections the runtime folds: θ [C,E] and visual prompts [K,P,V] */
  | { readonly kind: "constants"; readonly theta: TensorData; readonly visionPrompts?: TensorData }
  /** as the inputs `text.features` and, where the variant has visual prompts, `vision.prompts` of this shape */
  | { readonly kind: "inputs"; readonly visionPromptShape?: Shape }
  /** θ as the input `text.features`; the images come as `global`, g [B,E] computed before, instead of pixels */
  | { readonly kind: "features" };

export type ClassifierOptions = ClassifierPrompts & {
  readonly batch: number;
  readonly classes: number;
  /** k of Eq. 9; 0: global features only */
  readonly topK: number;
};

/** pixels or `global`, and the inputs that `ClassifierPrompts` names → `logits` and `probabilities` [B,C]. */
export function classifierGraph(clip: Clip, options: ClassifierOptions): Outputs {
  const { batch, classes, topK } = options;
  const image = options.kind === "features" ? { global: featureInput(clip, batch) } : promptedFeatures(clip, options);
  const theta =
    options.kind === "constants" ? fixed(options.theta) : input(thetaName, [classes, clip.config.jointWidth]);
  const scores = logits(clip, image, theta, topK);
  return { logits: scores, probabilities: softmax(scores) };
}

function promptedFeatures(
  clip: Clip,
  options: Exclude<ClassifierOptions, { readonly kind: "features" }>,
): ImageFeatures {
  const prompts =
    options.kind === "constants"
      ? options.visionPrompts && fixed(options.visionPrompts)
      : options.visionPromptShape && input("vision.prompts", options.visionPromptShape);
  return imageFeatures(clip, pixelInput(clip, options.batch), prompts, options.topK);
}

/** What a training's graphs are made from: the method's parts, each absent or 0 where the variant lacks it. */
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

/** The part of it that the graph of images depends on. */
export type ImageSpec = Omit<TrainingSpec, "soft" | "hard">;

/** The name under which the gradient of a tensor comes out. */
export const gradientName = (name: string): string => `gradient.${name}`;

/** θ [C,E] as an input: of a classifier, and of the images' graph of a batch in micro-batches. */
export const thetaName = "text.features";

/** A whole batch in one graph. Outputs: each loss term, `logits`, and the gradient of L_total for each learned tensor. */
export function trainingGraph(clip: Clip, batch: number, spec: TrainingSpec): Outputs {
  const learned = learnedTensors(spec, Object.keys(spec.shapes));
  const soft = textFeatures(clip, spec.soft, learned["text.context"]);
  const images = imageLosses(clip, batch, spec, soft.prompt, learned["vision.prompts"]);
  const terms = { ...images.terms, ...textTerms({ soft, hard: hardFeatures(spec) }, spec) };
  return { ...terms, logits: images.logits, ...gradients(totalLoss(terms, spec), learned) };
}

/**
 * The images of one micro-batch: θ in; the images' terms and the gradients of θ and the visual prompts out. A batch in
 * micro-batches has the graphs of its texts before and after it, so that the text tower runs once a batch.
 */
export function imageGraph(clip: Clip, images: number, spec: ImageSpec): Outputs {
  const visual = learnedTensors(
    spec,
    Object.keys(spec.shapes).filter((name) => name !== "text.context"),
  );
  const theta = parameter(thetaName, [spec.classes, clip.config.jointWidth]);
  const { terms } = imageLosses(clip, images, spec, theta, visual["vision.prompts"]);
  return { ...terms, ...gradients(totalLoss(terms, spec), { ...visual, [thetaName]: theta }) };
}

/**
 * The texts of a batch in micro-batches: `before` the images θ, the texts' terms, and what is `carried`; `after` them, with that
 * and the gradient of θ in, the context's gradient.
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

function imageLosses(
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

function imageSource(
  clip: Clip,
  batch: number,
  { source, topK }: Pick<TrainingSpec, "source" | "topK">,
  prompts: Tensor | undefined,
): ImageFeatures {
  return source === "features"
    ? { global: featureInput(clip, batch) }
    : imageFeatures(clip, pixelInput(clip, batch), prompts, topK);
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
