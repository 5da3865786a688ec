/** The frozen and predicting graphs: features of images, features of prompts, and the classifier. */
import { softmax } from "../graph/ops/index.ts";
import type { TensorData } from "../graph/tensor.ts";
import { constant, input, parameter, type Shape, type Tensor } from "../graph/tensor.ts";
import type { Clip } from "./clip.ts";
import { imageFeatures, logits, textFeatures } from "./mpaFer.ts";
import type { TokenTable } from "./tokens.ts";

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
  readonly localTopK: number;
  /** Visual prompts [K,P,V] and θ [C,E] as constants of the graph (prediction: the runtime folds their projections). */
  readonly constants?: { readonly visionPrompts?: TensorData; readonly theta: TensorData };
  /** without constants: the shape of the input `vision.prompts`; absent where the variant has none */
  readonly visionPromptShape?: readonly number[];
  /** "features": the input is `global`, g [B,E] computed before, instead of pixels */
  readonly source?: "pixels" | "features";
}

/** pixels (and, without constants, `vision.prompts` and `text.features`) → `logits` and `probabilities` [B,C]. */
export function classifierGraph(clip: Clip, options: ClassifierOptions): Outputs {
  const { batch, classes, localTopK, constants, visionPromptShape, source = "pixels" } = options;
  const fixed = (values: TensorData) => constant(values.data, values.shape);
  const prompts = constants
    ? constants.visionPrompts && fixed(constants.visionPrompts)
    : visionPromptShape && input("vision.prompts", visionPromptShape);
  const theta = constants ? fixed(constants.theta) : input("text.features", [classes, clip.config.jointWidth]);
  const image =
    source === "features"
      ? { global: featureInput(clip, batch) }
      : imageFeatures(clip, pixelInput(clip, batch), prompts, localTopK);
  const scores = logits(clip, image, theta, localTopK);
  return { logits: scores, probabilities: softmax(scores) };
}
