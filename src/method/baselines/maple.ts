/**
 * MaPLe (Khattak et al., "MaPLe: Multi-modal Prompt Learning", CVPR 2023, section 3.2): learned tokens in the first J layers of the text
 * encoder, and in those of the image encoder their linear projections.
 */
import type { Clip } from "../../clip/clip.ts";
import type { TokenTable } from "../../clip/textTower.ts";
import { add, matmul, reshape } from "../../graph/ops/index.ts";
import { constant, elements, type Shape, type Tensor, type TensorData } from "../../graph/tensor.ts";
import { Random } from "../../platform/random.ts";
import { imageTextLoss } from "../losses.ts";
import { logits } from "../mpaFer.ts";
import { sgd } from "../optimiser.ts";
import type { Prompts } from "../prompts.ts";
import type { Baseline, BaselineInputs } from "./baseline.ts";
import {
  computedValue,
  deepImageFeatures,
  deepTextFeatures,
  initialTextPrompts,
  requireBothTowers,
  type TextStart,
  textStart,
} from "./deepPrompts.ts";
import { learnTensors, type TensorLoss } from "./learnTensors.ts";
import { zeroShotLogits } from "./zeroShot.ts";

/**
 * Settings of the release from base to new classes (configs/trainers/MaPLe/vit_b16_c2_ep5_batch4_2ctx.yaml; momentum and weight decay are
 * Dassl's defaults).
 */
const published = {
  ...{ depth: 9, tokens: 2, lr: 0.0035, epochs: 5, batchSize: 4, warmup: { epochs: 1, lr: 1e-5 } },
  ...{ momentum: 0.9, weightDecay: 5e-4 },
} as const;

/** P [J,M,T], and the coupling functions F as W [J,V,T] and b [J,V]. */
const names = { prompts: "text.prompts", weight: "coupling.weight", bias: "coupling.bias" } as const;

export const maple: Baseline = {
  name: "maple",
  learn: async (inputs) => {
    const { clip } = inputs;
    requireBothTowers(clip);
    const start = await textStart(inputs, published.tokens);
    const learned = await learnTensors(inputs, {
      ...{ name: "maple", source: "pixels", ...published },
      initial: initialTensors(inputs, start),
      loss: mapleLoss(clip, start.tokens),
      optimiser: sgd(published),
    });
    const theta = await computedValue(inputs, deepTextFeatures(clip, start.tokens, fixed(learned[names.prompts])));
    return {
      tensors: { ...learned, theta },
      settings: { scale: clip.scale },
      parameters: Object.values(learned).reduce((sum, { data }) => sum + data.length, 0),
    };
  },
  image: ({ tensors }, pixels, { clip }) => {
    const [prompts, weight, bias] = [names.prompts, names.weight, names.bias].map((name) => fixed(tensors[name]));
    return deepImageFeatures(clip, pixels, coupled(prompts, weight, bias));
  },
  logits: ({ tensors, settings }, global) => zeroShotLogits(global, tensors.theta, settings.scale),
};

/** The cross-entropy of a batch of pixels. */
export const mapleLoss =
  (clip: Clip, tokens: TokenTable): TensorLoss =>
  (learned, { images, target, weight }) => {
    const prompts = learned[names.prompts];
    const global = deepImageFeatures(clip, images, coupled(prompts, learned[names.weight], learned[names.bias]));
    return imageTextLoss(logits(clip, { global }, deepTextFeatures(clip, tokens, prompts), 0), target, weight);
  };

/** Vision prompts P̃_i = F_i(P_i) = W_i·P_i + b_i of each layer (section 3.2, Vision Language Prompt Coupling): [J, M, V]. */
function coupled(prompts: Tensor, weight: Tensor, bias: Tensor): Tensor {
  const [depth, width] = bias.shape;
  return add(matmul(prompts, weight, { transB: true }), reshape(bias, [depth, 1, width]));
}

function initialTensors({ clip, seed }: BaselineInputs, start: TextStart): Prompts {
  const { text, vision } = clip.config;
  const depth = Math.min(published.depth, text.layers, vision.layers);
  return {
    [names.prompts]: initialTextPrompts(start, depth, ["maple", seed]),
    [names.weight]: linearValues([depth, vision.width, text.width], text.width, ["maple", names.weight, seed]),
    [names.bias]: linearValues([depth, vision.width], text.width, ["maple", names.bias, seed]),
  };
}

/** PyTorch's start of `nn.Linear`, uniform within ±1/√`from`. As in the release, the layers after the first start from the same values. */
function linearValues([depth, ...shape]: Shape, from: number, key: readonly (string | number)[]): TensorData {
  const random = new Random(...key);
  const bound = 1 / Math.sqrt(from);
  const draw = () => Array.from({ length: elements(shape) }, () => random.uniform(-bound, bound));
  const [first, others] = [draw(), draw()];
  const layers = Array.from({ length: depth }, (_, i) => (i === 0 ? first : others));
  return { shape: [depth, ...shape], data: Float32Array.from(layers.flat()) };
}

const fixed = ({ data, shape }: TensorData): Tensor => constant(data, shape);
