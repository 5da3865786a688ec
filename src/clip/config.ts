/** The sizes of a CLIP, from the `config.json` of a `CLIPModel`, and the tensors that they ask for. */

import { z } from "zod";
import type { Shape } from "../graph/tensor.ts";
import { MpaError } from "../platform/errors.ts";

/** Bounded above every known CLIP, so that no config fills the memory before it is checked against the weights. */
const count = z.number().int().positive().max(65_536);
const layers = z.number().int().positive().max(512);
const vocabulary = z.number().int().positive().max(10_000_000);
/** Pixels a side. */
const pixels = z.number().int().positive().max(2048);
/** Of the feed-forward layers: OpenAI's, and most others'. */
export const activations = ["quick_gelu", "gelu"] as const;
export type Activation = (typeof activations)[number];

const tower = {
  hidden_act: z.enum(activations).default("quick_gelu"),
  layer_norm_eps: z.number().positive().default(1e-5),
};

const textConfig = z.object({
  ...tower,
  vocab_size: vocabulary.default(49408),
  hidden_size: count.default(512),
  intermediate_size: count.default(2048),
  num_hidden_layers: layers.default(12),
  num_attention_heads: count.default(8),
  max_position_embeddings: count.default(77),
});

const visionConfig = z.object({
  ...tower,
  hidden_size: count.default(768),
  intermediate_size: count.default(3072),
  num_hidden_layers: layers.default(12),
  num_attention_heads: count.default(12),
  image_size: pixels.default(224),
  patch_size: pixels.default(32),
  num_channels: z.literal(3).default(3),
});

/** Absent keys have the defaults of Hugging Face's CLIPConfig. */
const clipSchema = z.object({
  model_type: z.literal("clip"),
  projection_dim: count.default(512),
  text_config: textConfig,
  vision_config: visionConfig,
});

/** Sizes of one tower. */
export interface TowerConfig {
  /** V or T */
  readonly width: number;
  readonly mlpWidth: number;
  /** K */
  readonly layers: number;
  readonly heads: number;
  readonly activation: "quick_gelu" | "gelu";
  readonly epsilon: number;
}

export interface ClipConfig {
  /** `model_type`, the name of the `Architecture` */
  readonly architecture: string;
  /** E */
  readonly jointWidth: number;
  readonly text: TowerConfig & { readonly vocabulary: number; readonly contextLength: number };
  /** N = grid² patches */
  readonly vision: TowerConfig & { readonly imageSize: number; readonly patchSize: number; readonly grid: number };
}

/** Checks a parsed `config.json`. Throws MODEL for another kind of model and for impossible sizes. */
export function parseClipConfig(json: unknown, where: string): ClipConfig {
  const kind = z.object({ model_type: z.string() }).safeParse(json);
  if (!kind.success || kind.data.model_type !== "clip") {
    const what = kind.success ? `describes a ${kind.data.model_type} model` : "has no model_type";
    throw new MpaError("MODEL", `${where} ${what}, not a CLIP`, { fix: "name a CLIPModel folder with a ViT tower" });
  }
  const result = clipSchema.safeParse(json);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new MpaError("MODEL", `${where}: ${issue.path.join(".")}: ${issue.message}`, { fix: "correct the config" });
  }
  const { text_config: text, vision_config: vision, projection_dim } = result.data;
  const patches = vision.image_size / vision.patch_size;
  for (const [name, { hidden_size, num_attention_heads }] of Object.entries({ text, vision })) {
    if (hidden_size % num_attention_heads !== 0) {
      throw new MpaError(
        "MODEL",
        `${where}: ${name} width ${hidden_size} is not a multiple of ${num_attention_heads} heads`,
      );
    }
  }
  return {
    architecture: result.data.model_type,
    jointWidth: projection_dim,
    text: { ...towerConfig(text), vocabulary: text.vocab_size, contextLength: text.max_position_embeddings },
    vision: {
      ...towerConfig(vision),
      imageSize: vision.image_size,
      patchSize: vision.patch_size,
      grid: Math.floor(patches),
    },
  };
}

/** A tensor's Hugging Face name and its shape. */
export type NamedShape = readonly [name: string, shape: Shape];

/** All tensors of a CLIP, in the order of Hugging Face's checkpoints. */
export function clipTensors({ text, vision, jointWidth }: ClipConfig): readonly NamedShape[] {
  const { width: V, patchSize: p, grid } = vision;
  return [
    ["logit_scale", []],
    ["text_model.embeddings.token_embedding.weight", [text.vocabulary, text.width]],
    ["text_model.embeddings.position_embedding.weight", [text.contextLength, text.width]],
    ...blocks("text_model", text),
    ...norm("text_model.final_layer_norm", text.width),
    ["vision_model.embeddings.class_embedding", [V]],
    ["vision_model.embeddings.patch_embedding.weight", [V, 3, p, p]],
    ["vision_model.embeddings.position_embedding.weight", [1 + grid ** 2, V]],
    ...norm("vision_model.pre_layrnorm", V),
    ...blocks("vision_model", vision),
    ...norm("vision_model.post_layernorm", V),
    ["visual_projection.weight", [jointWidth, V]],
    ["text_projection.weight", [jointWidth, text.width]],
  ];
}

function towerConfig(config: z.infer<typeof textConfig> | z.infer<typeof visionConfig>): TowerConfig {
  return {
    width: config.hidden_size,
    mlpWidth: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    activation: config.hidden_act,
    epsilon: config.layer_norm_eps,
  };
}

function blocks(model: string, { width, mlpWidth, layers }: TowerConfig): NamedShape[] {
  return Array.from({ length: layers }, (_, l) => {
    const prefix = `${model}.encoder.layers.${l}`;
    const linear = (name: string, to: number, from: number): NamedShape[] => [
      [`${prefix}.${name}.weight`, [to, from]],
      [`${prefix}.${name}.bias`, [to]],
    ];
    return [
      ...norm(`${prefix}.layer_norm1`, width),
      ...["q_proj", "k_proj", "v_proj", "out_proj"].flatMap((name) => linear(`self_attn.${name}`, width, width)),
      ...norm(`${prefix}.layer_norm2`, width),
      ...linear("mlp.fc1", mlpWidth, width),
      ...linear("mlp.fc2", width, mlpWidth),
    ];
  }).flat();
}

const norm = (name: string, width: number): NamedShape[] => [
  [`${name}.weight`, [width]],
  [`${name}.bias`, [width]],
];
