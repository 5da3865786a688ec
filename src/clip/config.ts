/**
 * Sizes of a CLIP, from the `config.json` of a `CLIPModel`. Absent keys have the defaults of Hugging Face's CLIPConfig; unknown keys
 * are ignored. Known settings that the encoders here do not support are rejected.
 */

import { z } from "zod";
import { MpaError } from "../platform/errors.ts";
import { quoted } from "../platform/quote.ts";
import { plainObject } from "../platform/recordSchema.ts";

/**
 * Maximum sizes, above those of every known CLIP, so that a config cannot exhaust the memory before it is compared with the
 * weights.
 */
const count = z.number().int().positive().max(65_536);
const layers = z.number().int().positive().max(512);
const vocabulary = z.number().int().positive().max(10_000_000);
/** Pixels per side. */
const pixels = z.number().int().positive().max(2048);
/** Activations of the MLPs: OpenAI's models use quick_gelu, most others gelu. */
export const activations = ["quick_gelu", "gelu"] as const;
/** The activation of an encoder's MLPs. */
export type Activation = (typeof activations)[number];

const activation = z.enum(activations, {
  error: ({ input }) =>
    `${quoted(String(input))} is another activation than quick_gelu and gelu, which the encoders have`,
});

const tower = {
  hidden_act: activation.default("quick_gelu"),
  layer_norm_eps: z.number().positive().max(1).default(1e-5),
};

const textConfig = z.object({
  ...tower,
  vocab_size: vocabulary.default(49408),
  hidden_size: count.default(512),
  intermediate_size: count.default(2048),
  num_hidden_layers: layers.default(12),
  num_attention_heads: count.default(8),
  max_position_embeddings: count.default(77),
  eos_token_id: z.number().int().nonnegative().optional(),
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
  projection_dim: count.default(512),
  text_config: textConfig,
  vision_config: visionConfig,
});

/** Keys that identify the kind of model, checked before the encoders. */
const kindSchema = z.object({
  model_type: z.string(),
  architectures: z.array(z.string()).nullish(),
  quantization_config: z.unknown().optional(),
});

/** Names of the encoders' configs in older files; they take precedence. */
const olderNames = { text_config: "text_config_dict", vision_config: "vision_config_dict" } as const;

/** Sizes of one encoder. */
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

/** Sizes of a CLIP. */
export interface ClipConfig {
  /** `model_type`, the name of the `Architecture` */
  readonly architecture: string;
  /** E */
  readonly jointWidth: number;
  readonly text: TowerConfig & {
    readonly vocabulary: number;
    readonly contextLength: number;
    /** id of the token at which a text's feature is read, if the file gives it; 2 means the largest id of the text */
    readonly endOfText?: number | undefined;
  };
  /** N = grid² patches */
  readonly vision: TowerConfig & { readonly imageSize: number; readonly patchSize: number; readonly grid: number };
}

/** Parses the content of a `config.json`. Throws MODEL for another kind of model, invalid sizes, and unsupported settings. */
export function parseClipConfig(json: unknown, where: string): ClipConfig {
  checkKind(json, where);
  const result = clipSchema.safeParse(withOlderNames(json));
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new MpaError("MODEL", `${issue.path.join(".")}: ${issue.message}`, { where, fix: "correct the config" });
  }
  const { text_config: text, vision_config: vision, projection_dim } = result.data;
  const grid = Math.floor(vision.image_size / vision.patch_size);
  if (grid === 0) {
    const what = `an image of ${vision.image_size} pixels a side has no patch of ${vision.patch_size}`;
    throw new MpaError("MODEL", what, { where, fix: "correct the config" });
  }
  for (const [name, { hidden_size, num_attention_heads }] of Object.entries({ text, vision })) {
    if (hidden_size % num_attention_heads !== 0) {
      const what = `${name} width ${hidden_size} is not a multiple of ${num_attention_heads} heads`;
      throw new MpaError("MODEL", what, { where, fix: "correct the config" });
    }
  }
  return {
    architecture: "clip",
    jointWidth: projection_dim,
    text: {
      ...towerConfig(text),
      vocabulary: text.vocab_size,
      contextLength: text.max_position_embeddings,
      endOfText: text.eos_token_id,
    },
    vision: {
      ...towerConfig(vision),
      imageSize: vision.image_size,
      patchSize: vision.patch_size,
      grid,
    },
  };
}

function checkKind(json: unknown, where: string): void {
  const refused = (what: string) => new MpaError("MODEL", what, { where, fix: "name a CLIPModel with a ViT encoder" });
  const { success, data: kind } = kindSchema.safeParse(json);
  if (!success) throw refused("the config has no model_type");
  if (kind.model_type !== "clip") throw refused(`the config describes a ${quoted(kind.model_type)} model, not a CLIP`);
  const { architectures, quantization_config: quantised } = kind;
  if (architectures && architectures.length > 0 && !architectures.includes("CLIPModel")) {
    throw refused(`the config describes ${quoted(architectures[0])}, not a CLIPModel`);
  }
  if (quantised !== undefined && quantised !== null) throw refused("the weights are quantised (quantization_config)");
}

/** Replaces the encoders' configs with those of the older names, as CLIPConfig does. */
function withOlderNames(json: unknown): unknown {
  const { success, data } = plainObject.safeParse(json);
  if (!success) return json;
  const towers = Object.entries(olderNames).map(([name, older]) => [name, data[older] ?? data[name]]);
  return { ...data, ...Object.fromEntries(towers) };
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
