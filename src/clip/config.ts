/**
 * The sizes of a CLIP, from the `config.json` of a `CLIPModel`, and the tensors that they ask for. Absent keys have the defaults of
 * Hugging Face's CLIPConfig; keys that it does not know are ignored. What it knows and the towers here cannot do is refused.
 */

import { z } from "zod";
import { MpaError } from "../platform/errors.ts";
import { quoted } from "../platform/quote.ts";
import { plainObject } from "../platform/recordSchema.ts";

/** Bounded above every known CLIP, so that no config fills the memory before it is checked against the weights. */
const count = z.number().int().positive().max(65_536);
const layers = z.number().int().positive().max(512);
const vocabulary = z.number().int().positive().max(10_000_000);
/** Pixels a side. */
const pixels = z.number().int().positive().max(2048);
/** Of the feed-forward layers: OpenAI's, and most others'. */
export const activations = ["quick_gelu", "gelu"] as const;
export type Activation = (typeof activations)[number];

const activation = z.enum(activations, {
  error: ({ input }) =>
    `${quoted(String(input))} is another activation than quick_gelu and gelu, which the towers have`,
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

/** What has to be settled before the towers are looked at. */
const kindSchema = z.object({
  model_type: z.string(),
  architectures: z.array(z.string()).nullish(),
  quantization_config: z.unknown().optional(),
});

/** Older files have the towers' sizes under these names too; what is in them goes first. */
const olderNames = { text_config: "text_config_dict", vision_config: "vision_config_dict" } as const;

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
  readonly text: TowerConfig & {
    readonly vocabulary: number;
    readonly contextLength: number;
    /** the id at whose place the text's feature is; absent where the file does not say, 2 stands for the largest id of a text */
    readonly endOfText?: number | undefined;
  };
  /** N = grid² patches */
  readonly vision: TowerConfig & { readonly imageSize: number; readonly patchSize: number; readonly grid: number };
}

/** Checks a parsed `config.json`. Throws MODEL for another kind of model, impossible sizes, and what no tower here does. */
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
  const refused = (what: string) => new MpaError("MODEL", what, { where, fix: "name a CLIPModel with a ViT tower" });
  const { success, data: kind } = kindSchema.safeParse(json);
  if (!success) throw refused("the config has no model_type");
  if (kind.model_type !== "clip") throw refused(`the config describes a ${quoted(kind.model_type)} model, not a CLIP`);
  const { architectures, quantization_config: quantised } = kind;
  if (architectures && architectures.length > 0 && !architectures.includes("CLIPModel")) {
    throw refused(`the config describes ${quoted(architectures[0])}, not a CLIPModel`);
  }
  if (quantised !== undefined && quantised !== null) throw refused("the weights are quantised (quantization_config)");
}

/** As CLIPConfig does: an older name, completed by the defaults, goes before the newer one. */
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
