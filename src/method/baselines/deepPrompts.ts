/** Learned tokens in the first layers of both encoders, which MaPLe and PromptSRC share. */
import { towersOf } from "../../clip/architecture.ts";
import { normOf } from "../../clip/block.ts";
import { type Clip, towersShareWeights } from "../../clip/clip.ts";
import { embedTokens, type TokenTable, tokenTable } from "../../clip/textTower.ts";
import { concat, reshape, slice } from "../../graph/ops/index.ts";
import { elements, type Shape, type Tensor, type TensorData } from "../../graph/tensor.ts";
import { MpaError } from "../../platform/errors.ts";
import { Random } from "../../platform/random.ts";
import { openGraph } from "../classifier.ts";
import type { BaselineInputs, BaselineTask } from "./baseline.ts";

/** Words that the first layer's text prompts start from (`CTX_INIT` of both releases). */
const startingWords = ["a", "photo", "of", "a"];

/** Standard deviation of all other prompts at the start, in both releases. */
const promptDeviation = 0.02;

/** Text prompts of the first layer before training, and the texts around them. */
export interface TextStart {
  readonly tokens: TokenTable;
  /** embeddings of the first M tokens of "a photo of a": [M, T] */
  readonly words: TensorData;
}

/** Tokens [SOT, M slots, rest of "a photo of a CLASS.", EOT], where the first M of the four words, or all, become the slots. */
export function promptTokens({ clip, tokenizer, classes }: BaselineTask, slots: number): TokenTable {
  const texts = classes.map((name) => [...startingWords.slice(slots), `${name}.`].join(" "));
  return tokenTable(tokenizer, texts, clip.config.text.contextLength, slots);
}

/** The start of one to four text prompts. */
export async function textStart(inputs: BaselineInputs, slots: number): Promise<TextStart> {
  const { clip, tokenizer } = inputs;
  const { contextLength, width } = clip.config.text;
  const words = tokenTable(tokenizer, [startingWords.join(" ")], contextLength);
  const first = reshape(slice(embedTokens(clip, words), 1, 1, 1 + slots), [slots, width]);
  return { tokens: promptTokens(inputs, slots), words: await computedValue(inputs, first) };
}

/** Throws USAGE where one graph cannot hold both encoders. */
export function requireBothTowers(clip: Clip): void {
  if (towersShareWeights(clip)) return;
  const what = "prompts in both encoders are learned in one graph, and the weights of this precision are in two files";
  throw new MpaError("USAGE", what, { fix: "use --precision fp32" });
}

/** Features θ [C,E] of texts with the prompts [J,M,T]: those of layer i replace the outputs of layer i − 1 at their places. */
export function deepTextFeatures(clip: Clip, tokens: TokenTable, prompts: Tensor): Tensor {
  const [depth, ...shape] = prompts.shape;
  const first = reshape(slice(prompts, 0, 0, 1), shape);
  const deep = depth > 1 ? slice(prompts, 0, 1, depth) : undefined;
  return towersOf(clip).text(clip, embedTokens(clip, tokens, first), tokens, deep);
}

/**
 * Features g [B,E] of pixels [B,3,S,S] with the prompts [J,P,V] as further tokens. As in both releases, those of the first layer pass the
 * layer norm before it with the patches.
 */
export function deepImageFeatures(clip: Clip, pixels: Tensor, prompts: Tensor): Tensor {
  const { vision } = clip.config;
  const [depth, count, width] = prompts.shape;
  const norm = normOf(clip, vision, "vision_model.pre_layrnorm");
  const first = reshape(norm(reshape(slice(prompts, 0, 0, 1), [count, width])), [1, count, width]);
  const all = depth > 1 ? concat([first, slice(prompts, 0, 1, depth)], 0) : first;
  return towersOf(clip).image(clip, pixels, { prompts: all, local: false }).global;
}

/** Text prompts [J,M,T] before training: words in the first layer, noise in the others. */
export function initialTextPrompts({ words }: TextStart, depth: number, key: readonly (string | number)[]): TensorData {
  const noise = normalValues([depth - 1, ...words.shape], key);
  return { shape: [depth, ...words.shape], data: Float32Array.of(...words.data, ...noise.data) };
}

/** Values from N(0, 0.02²) by a key. */
export function normalValues(shape: Shape, key: readonly (string | number)[]): TensorData {
  const random = new Random(...key);
  return { shape, data: Float32Array.from({ length: elements(shape) }, () => promptDeviation * random.normal()) };
}

/** @internal The value of a tensor that depends on no input. */
export async function computedValue({ backbone, runtime }: BaselineInputs, tensor: Tensor): Promise<TensorData> {
  const session = await openGraph(backbone, { value: tensor }, runtime);
  try {
    const { value } = await session.run({});
    return { shape: tensor.shape, data: Float32Array.from(value, Number) };
  } finally {
    await session.dispose();
  }
}
