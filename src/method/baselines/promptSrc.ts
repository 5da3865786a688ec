/**
 * PromptSRC (Khattak et al., "Self-regulating Prompts: Foundational Model Adaptation without Forgetting", ICCV 2023): independent learned
 * tokens in the first layers of both encoders, held near the frozen features and averaged over the training.
 */
import type { Clip } from "../../clip/clip.ts";
import { type TokenTable, tokenTable } from "../../clip/textTower.ts";
import {
  abs,
  add,
  exp,
  l2Normalise,
  logSoftmax,
  mul,
  reduceMean,
  reduceSum,
  reshape,
  scale,
  sub,
} from "../../graph/ops/index.ts";
import { constant, type Tensor, type TensorData } from "../../graph/tensor.ts";
import type { Averaging } from "../averaging.ts";
import { imageTextLoss, prototypeLoss } from "../losses.ts";
import { imageFeatures, logits, textFeatures } from "../mpaFer.ts";
import { sgd } from "../optimiser.ts";
import type { Prompts } from "../prompts.ts";
import type { Baseline, BaselineInputs } from "./baseline.ts";
import {
  computedValue,
  deepImageFeatures,
  deepTextFeatures,
  initialTextPrompts,
  normalValues,
  requireBothTowers,
  textStart,
} from "./deepPrompts.ts";
import { imagenetTemplates } from "./imagenetTemplates.ts";
import { learnTensors, type TensorLoss } from "./learnTensors.ts";
import { zeroShotLogits } from "./zeroShot.ts";

/**
 * Settings of the release from base to new classes (configs/trainers/PromptSRC/vit_b16_c2_ep20_batch4_4+4ctx.yaml; momentum and weight
 * decay are Dassl's defaults).
 */
const published = {
  ...{ depth: 9, tokens: 4, lr: 0.0025, epochs: 20, batchSize: 4, warmup: { epochs: 1, lr: 1e-5 } },
  ...{ momentum: 0.9, weightDecay: 5e-4 },
  /** weights of the terms that hold features of texts and images */
  ...{ textWeight: 25, imageWeight: 10 },
  /** the epoch, counted from 1, that counts most in the average, and the deviation */
  ...{ mean: 15, deviation: 1 },
} as const;

const names = { text: "text.prompts", vision: "vision.prompts" } as const;

export const promptSrc: Baseline = {
  name: "promptsrc",
  learn: async (inputs) => {
    const { clip } = inputs;
    requireBothTowers(clip);
    const start = await textStart(inputs, published.tokens);
    const frozen = await averageTheta(inputs);
    const learned = await learnTensors(inputs, {
      ...{ name: "promptsrc", source: "pixels", ...published },
      initial: initialTensors(
        inputs,
        initialTextPrompts(start, depthIn(clip, "text"), ["promptsrc", names.text, inputs.seed]),
      ),
      loss: promptSrcLoss(clip, start.tokens, frozen),
      optimiser: sgd(published),
      averaging: gaussianAverage(published.mean, published.deviation),
    });
    const theta = await computedValue(inputs, deepTextFeatures(clip, start.tokens, fixed(learned[names.text])));
    return {
      tensors: { ...learned, theta },
      settings: { scale: clip.scale },
      parameters: Object.values(learned).reduce((sum, { data }) => sum + data.length, 0),
    };
  },
  image: ({ tensors }, pixels, { clip }) => deepImageFeatures(clip, pixels, fixed(tensors[names.vision])),
  logits: ({ tensors, settings }, global) => zeroShotLogits(global, tensors.theta, settings.scale),
};

/**
 * Cross-entropy, and the agreement with the frozen model (section 3.2.1): λ_t·mean|θ − θ̄| + λ_i·mean|g − g̃| + KL of the predictions, which
 * the release divides by B·C. θ̄ [C,E] are the frozen text features; g̃ those of the same images without prompts.
 */
export const promptSrcLoss =
  (clip: Clip, tokens: TokenTable, frozen: TensorData): TensorLoss =>
  (learned, { images, target, weight }) => {
    const anchor = fixed(frozen);
    const theta = deepTextFeatures(clip, tokens, learned[names.text]);
    const global = deepImageFeatures(clip, images, learned[names.vision]);
    const { global: before } = imageFeatures(clip, images, undefined, 0);
    const scores = logits(clip, { global }, theta, 0);
    const [logP, logQ] = [logSoftmax(scores), logSoftmax(logits(clip, { global: before }, anchor, 0))];
    const divergence = reduceSum(mul(mul(exp(logQ), sub(logQ, logP)), weight), [0, 1]);
    return [
      imageTextLoss(scores, target, weight),
      scale(reduceMean(abs(sub(theta, anchor)), [0, 1]), published.textWeight),
      scale(prototypeLoss(global, before, weight, "l1"), published.imageWeight),
      scale(divergence, 1 / tokens.ids.length),
    ].reduce(add);
  };

/** Mean of the prompts at the ends of the epochs, weighted by a Gaussian of the epoch's number from 1 (section 3.2.2). */
export function gaussianAverage(mean: number, deviation: number): Averaging {
  const weight = (epoch: number) => Math.exp(-0.5 * ((epoch - mean) / deviation) ** 2);
  return {
    name: `Gaussian mean around epoch ${mean}, deviation ${deviation}`,
    every: "epoch",
    from: 0,
    share: (count) => {
      let sum = 0;
      for (let epoch = 1; epoch <= count + 1; epoch++) sum += weight(epoch);
      return weight(count + 1) / sum;
    },
  };
}

/** θ̄ [C,E]: the normalised mean of each class's frozen features over the templates (section 3.2.3). */
async function averageTheta(inputs: BaselineInputs): Promise<TensorData> {
  const { clip, tokenizer, classes } = inputs;
  const texts = classes.flatMap((name) => imagenetTemplates.map((template) => template.replace("{}", () => name)));
  const tokens = tokenTable(tokenizer, texts, clip.config.text.contextLength);
  const each = reshape(textFeatures(clip, tokens).prompt, [
    classes.length,
    imagenetTemplates.length,
    clip.config.jointWidth,
  ]);
  return await computedValue(inputs, l2Normalise(reduceMean(each, [1])));
}

function initialTensors({ clip, seed }: BaselineInputs, text: TensorData): Prompts {
  const shape = [depthIn(clip, "vision"), published.tokens, clip.config.vision.width];
  return { [names.text]: text, [names.vision]: normalValues(shape, ["promptsrc", names.vision, seed]) };
}

const depthIn = (clip: Clip, tower: "text" | "vision"): number => Math.min(published.depth, clip.config[tower].layers);

const fixed = ({ data, shape }: TensorData): Tensor => constant(data, shape);
