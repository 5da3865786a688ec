/** `config.json` and `preprocessor_config.json` of a converted model, from its tensors' shapes and its OpenCLIP configuration. */

import type { Shape } from "../../graph/tensor.ts";
import { MpaError } from "../../platform/errors.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { OpenClipModel, OpenClipPreprocess } from "./openClipConfig.ts";
import type { SourceTensors } from "./tensors.node.ts";

/** Sizes of a model that its tensors' shapes determine. */
export interface ModelSizes {
  readonly jointWidth: number;
  readonly text: TowerSizes & { readonly vocabulary: number; readonly contextLength: number };
  readonly vision: TowerSizes & { readonly patchSize: number; readonly grid: number };
}

interface TowerSizes {
  readonly width: number;
  readonly mlpWidth: number;
  readonly layers: number;
}

/** Reads the sizes from the tensors' shapes. Throws MODEL if a tensor that determines a size is missing or has another shape. */
export function modelSizes(tensors: SourceTensors, where: string): ModelSizes {
  const shape = (name: string, axes: number): Shape => {
    const found = tensors.get(name)?.shape;
    if (found?.length === axes) return found;
    const what = found === undefined ? `the model has no ${name}` : `${name} has shape [${found.join(",")}]`;
    throw new MpaError("MODEL", what, { where, fix: "name the weights of a whole CLIP with a plain ViT" });
  };
  const tower = (model: "text" | "vision", width: number): TowerSizes => {
    const [mlpWidth] = shape(`${model}_model.encoder.layers.0.mlp.fc1.weight`, 2);
    return { width, mlpWidth, layers: layersOf(tensors, model) };
  };
  const [vocabulary, textWidth] = shape("text_model.embeddings.token_embedding.weight", 2);
  const [contextLength] = shape("text_model.embeddings.position_embedding.weight", 2);
  const [visionWidth, , patchSize] = shape("vision_model.embeddings.patch_embedding.weight", 4);
  const [tokens] = shape("vision_model.embeddings.position_embedding.weight", 2);
  const [jointWidth] = shape("visual_projection.weight", 2);
  const grid = Math.sqrt(tokens - 1);
  if (!Number.isInteger(grid) || grid === 0) {
    const what = `${tokens} places of the image encoder are no class token and a square of patches`;
    throw new MpaError("MODEL", what, { where, fix: "name the weights of a CLIP for square images" });
  }
  return {
    jointWidth,
    text: { ...tower("text", textWidth), vocabulary, contextLength },
    vision: { ...tower("vision", visionWidth), patchSize, grid },
  };
}

function layersOf(tensors: SourceTensors, model: "text" | "vision"): number {
  const pattern = new RegExp(`^${model}_model\\.encoder\\.layers\\.(\\d+)\\.`);
  return [...tensors.keys()].reduce((max, name) => Math.max(max, Number(name.match(pattern)?.[1] ?? -1) + 1), 0);
}

/** Throws MODEL if a configuration does not match the weights; OpenCLIP would interpolate the weights, or fail. */
export function checkSizes(sizes: ModelSizes, model: OpenClipModel, where: string): void {
  const { vision, text } = model;
  const pairs: readonly (readonly [name: string, described: number, found: number])[] = [
    ["embed_dim", model.jointWidth, sizes.jointWidth],
    ["vision_cfg.width", vision.width, sizes.vision.width],
    ["vision_cfg.layers", vision.layers, sizes.vision.layers],
    ["vision_cfg.mlp_ratio × width", vision.mlpWidth, sizes.vision.mlpWidth],
    ["vision_cfg.patch_size", vision.patchSize, sizes.vision.patchSize],
    ["patches a side", Math.floor(vision.imageSize / vision.patchSize), sizes.vision.grid],
    ["text_cfg.width", text.width, sizes.text.width],
    ["text_cfg.layers", text.layers, sizes.text.layers],
    ["text_cfg.mlp_ratio × width", text.mlpWidth, sizes.text.mlpWidth],
    ["text_cfg.context_length", text.contextLength, sizes.text.contextLength],
    ["text_cfg.vocab_size", text.vocabulary, sizes.text.vocabulary],
  ];
  const faults = pairs.filter(([, described, found]) => described !== found);
  if (faults.length === 0) return;
  const what = faults
    .map(([name, described, found]) => `${name} ${described} where the weights have ${found}`)
    .join(", ");
  throw new MpaError("MODEL", what, { where, fix: "name the configuration of these weights with --open-clip-config" });
}

/** Properties of a model that its tensors' shapes do not determine. */
export interface ModelHints {
  readonly activation: "quick_gelu" | "gelu";
  readonly heads: { readonly text: number; readonly vision: number };
  readonly epsilon: { readonly text: number; readonly vision: number };
  readonly imageSize: number;
  readonly preprocess: OpenClipPreprocess;
  /** id of the token at which a text's feature is read; by default the largest id of the text */
  readonly endOfText?: number | undefined;
}

/** OpenAI's choices, for weights without a configuration: heads of width 64, bicubic resizing. */
export function openaiHints({ text, vision }: ModelSizes, activation: ModelHints["activation"]): ModelHints {
  const heads = (width: number) => Math.max(1, Math.floor(width / 64));
  return {
    activation,
    heads: { text: heads(text.width), vision: heads(vision.width) },
    epsilon: { text: 1e-5, vision: 1e-5 },
    imageSize: vision.grid * vision.patchSize,
    preprocess: { filter: "bicubic", squash: false },
  };
}

/** The properties that an OpenCLIP configuration gives. */
export const openClipHints = ({ activation, text, vision, preprocess }: OpenClipModel): ModelHints => ({
  activation,
  heads: { text: text.heads, vision: vision.heads },
  epsilon: { text: text.epsilon, vision: vision.epsilon },
  imageSize: vision.imageSize,
  preprocess,
  endOfText: text.endOfText,
});

/**
 * The content of `config.json`. Throws TOKENIZER if the tokenizer's EOT is not the token at which the model reads a text's feature.
 */
export function convertedConfig(sizes: ModelSizes, hints: ModelHints, tokenizer: Tokenizer, where: string) {
  const expected = hints.endOfText ?? tokenizer.largestId;
  if (tokenizer.eot !== expected) {
    const what = `the tokenizer ends a text with ${tokenizer.eot}, the model takes its feature at ${expected}`;
    throw new MpaError("TOKENIZER", what, { where, fix: "put the model's own tokenizer beside the weights" });
  }
  const { jointWidth: joint } = sizes;
  const tower = (model: "text" | "vision") => ({
    hidden_size: sizes[model].width,
    intermediate_size: sizes[model].mlpWidth,
    num_hidden_layers: sizes[model].layers,
    num_attention_heads: hints.heads[model],
    hidden_act: hints.activation,
    layer_norm_eps: hints.epsilon[model],
    projection_dim: joint,
  });
  const { vocabulary, contextLength } = sizes.text;
  return {
    architectures: ["CLIPModel"],
    model_type: "clip",
    projection_dim: joint,
    text_config: {
      ...tower("text"),
      ...{ model_type: "clip_text_model", vocab_size: vocabulary, max_position_embeddings: contextLength },
      ...{ bos_token_id: tokenizer.sot, eos_token_id: tokenizer.eot, pad_token_id: tokenizer.pad },
    },
    vision_config: {
      ...tower("vision"),
      ...{ model_type: "clip_vision_model", image_size: hints.imageSize, patch_size: sizes.vision.patchSize },
    },
  };
}

/** The content of `preprocessor_config.json`: OpenAI's preprocessing, overridden by the model's own. */
export function preprocessorConfig({ imageSize, preprocess }: ModelHints) {
  const { mean, std, filter, squash } = preprocess;
  const size = { height: imageSize, width: imageSize };
  return {
    ...{ do_resize: true, size: squash ? size : { shortest_edge: imageSize }, resample: filter === "bicubic" ? 3 : 2 },
    ...{ do_center_crop: !squash, ...(!squash && { crop_size: size }) },
    ...{ do_rescale: true, rescale_factor: 1 / 255, do_normalize: true, do_convert_rgb: true },
    image_mean: mean ?? [0.48145466, 0.4578275, 0.40821073],
    image_std: std ?? [0.26862954, 0.26130258, 0.27577711],
    image_processor_type: "CLIPImageProcessor",
  };
}
