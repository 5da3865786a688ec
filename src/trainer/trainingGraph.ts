/** One training step as one graph: loss terms, and their gradients with respect to the prompts alone. */
import { gradient } from "../graph/gradient.ts";
import { constant, input, parameter, type Shape, type Tensor } from "../graph/tensor.ts";
import type { LossOptions } from "../losses/total.ts";
import { totalLoss } from "../losses/total.ts";
import type { Clip } from "../model/clip.ts";
import { featureInput, type Outputs, pixelInput } from "../model/graphs.ts";
import { imageFeatures, logits, textFeatures } from "../model/mpaFer.ts";
import type { Values } from "../model/prompts.ts";
import type { TokenTable } from "../model/tokens.ts";
import type { ImageFeatures } from "../model/vision.ts";

export interface TrainingSpec extends LossOptions {
  /** tokens of the soft prompts, with their M places */
  readonly soft: TokenTable;
  /** shape of each learned tensor, by its checkpoint name */
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly classes: number;
  /** k; 0: off */
  readonly localTopK: number;
  /** θ(t*) and e(t*), normalised, computed once; needed when β > 0 */
  readonly hard?: { readonly prompt: Values; readonly token: Values };
  /** p [C,E]; needed when γ > 0 */
  readonly prototypes?: Values;
  /** "pixels", or "features": g [B,E] computed once, where nothing learned reaches the image tower */
  readonly source: "pixels" | "features";
}

/** The name under which the gradient of a learned tensor comes out. */
export const gradientName = (name: string): string => `gradient.${name}`;

/** Graph for `batch` images. Outputs: each loss term, `logits`, and a gradient for each learned tensor. */
export function trainingGraph(clip: Clip, batch: number, spec: TrainingSpec): Outputs {
  const learned = Object.fromEntries(
    Object.entries(spec.shapes).map(([name, shape]) => [name, parameter(name, shape)]),
  );
  const soft = textFeatures(clip, spec.soft, learned["text.context"]);
  const image = imageSource(clip, batch, spec, learned["vision.prompts"]);
  const scores = logits(clip, image, soft.prompt, spec.localTopK);
  const fixed = (values: Values) => constant(values.data, values.shape);
  const terms = totalLoss(
    {
      logits: scores,
      target: input("target", [batch, spec.classes]),
      weight: input("weight", [batch, 1]),
      global: image.global,
      soft,
      hard: spec.hard && { prompt: fixed(spec.hard.prompt), token: fixed(spec.hard.token) },
      textShare: input("textShare", []),
      prototypes: spec.prototypes && { values: fixed(spec.prototypes), labels: input("labels", [batch], "int64") },
    },
    spec,
  );
  const names = Object.keys(learned);
  const gradients = gradient(terms.L_total, Object.values(learned));
  const gradientOutputs = Object.fromEntries(names.map((name, i) => [gradientName(name), gradients[i]]));
  return { ...terms, logits: scores, ...gradientOutputs };
}

function imageSource(clip: Clip, batch: number, spec: TrainingSpec, prompts: Tensor | undefined): ImageFeatures {
  if (spec.source === "features") return { global: featureInput(clip, batch) };
  return imageFeatures(clip, pixelInput(clip, batch), prompts, spec.localTopK);
}
