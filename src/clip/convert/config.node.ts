/** `config.json` and `preprocessor_config.json` of a converted model, from its tensors' shapes. */

import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import type { Shape } from "../../graph/tensor.ts";
import { MpaError } from "../../platform/errors.ts";
import { packageFile } from "../../platform/package.node.ts";
import type { Activation } from "../config.ts";
import { byteSymbols, wordEnd } from "../tokenizer/tokenizer.ts";
import { parseMerges } from "../tokenizer/tokenizerFile.ts";
import type { SourceTensors } from "./tensors.node.ts";

/* What OpenCLIP's `open_clip_config.json` says beyond the weights' own shapes. */

const count = z.number().int().positive();
const schema = z.object({
  model_cfg: z.object({
    quick_gelu: z.boolean().default(false),
    init_logit_bias: z.number().nullish(),
    vision_cfg: z
      .object({ head_width: count.default(64), timm_model_name: z.string().nullish() })
      .default({ head_width: 64 }),
    text_cfg: z.object({ heads: count.optional(), hf_model_name: z.string().nullish() }).default({}),
  }),
  preprocess_cfg: z
    .object({ mean: z.array(z.number()).length(3).optional(), std: z.array(z.number()).length(3).optional() })
    .default({}),
});

export interface ModelHints {
  readonly activation: Activation;
  /** of the image tower, width a head */
  readonly headWidth: number;
  /** of the text tower; absent: as many as its width has 64s */
  readonly textHeads?: number;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
}

/** Throws CONFIG for a file that does not fit, MODEL for a model whose towers are not CLIP's. */
export function parseOpenClipConfig(json: unknown, where: string): ModelHints {
  const result = schema.safeParse(json);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new MpaError("CONFIG", `${issue.path.join(".")}: ${issue.message}`, { where, fix: "restore the file" });
  }
  const { model_cfg: model, preprocess_cfg: preprocess } = result.data;
  const foreign = model.vision_cfg.timm_model_name ?? model.text_cfg.hf_model_name;
  if (foreign)
    throw new MpaError("MODEL", `a tower is ${foreign}, not CLIP's own`, { where, fix: "choose a plain ViT CLIP" });
  if (typeof model.init_logit_bias === "number") {
    throw new MpaError("MODEL", "the model has a sigmoid loss with a bias (SigLIP)", { where, fix: "choose a CLIP" });
  }
  return {
    activation: model.quick_gelu ? "quick_gelu" : "gelu",
    headWidth: model.vision_cfg.head_width,
    textHeads: model.text_cfg.heads,
    mean: preprocess.mean,
    std: preprocess.std,
  };
}

/** Throws MODEL where a tensor that tells a size is missing. */
export function convertedConfig(tensors: SourceTensors, hints: ModelHints, where: string) {
  const shape = (name: string): Shape => {
    const found = tensors.get(name)?.shape;
    if (found !== undefined) return found;
    throw new MpaError("MODEL", `the model has no ${name}`, { where, fix: "name the weights of a whole CLIP" });
  };
  const tower = (model: "text" | "vision", width: number, heads: number) => ({
    hidden_size: width,
    intermediate_size: shape(`${model}_model.encoder.layers.0.mlp.fc1.weight`)[0],
    num_hidden_layers: layersOf(tensors, model),
    num_attention_heads: heads,
    hidden_act: hints.activation,
    layer_norm_eps: 1e-5,
  });
  const [vocabulary, textWidth] = shape("text_model.embeddings.token_embedding.weight");
  const [contextLength] = shape("text_model.embeddings.position_embedding.weight");
  const [visionWidth, , patch] = shape("vision_model.embeddings.patch_embedding.weight");
  const [tokens] = shape("vision_model.embeddings.position_embedding.weight");
  const [joint] = shape("visual_projection.weight");
  const imageSize = Math.round(Math.sqrt(tokens - 1)) * patch;
  const [sot, eot] = [vocabulary - 2, vocabulary - 1];
  const config = {
    architectures: ["CLIPModel"],
    model_type: "clip",
    projection_dim: joint,
    text_config: {
      ...tower("text", textWidth, hints.textHeads ?? Math.max(1, Math.floor(textWidth / 64))),
      ...{ model_type: "clip_text_model", projection_dim: joint, vocab_size: vocabulary },
      ...{ max_position_embeddings: contextLength, bos_token_id: sot, eos_token_id: eot, pad_token_id: eot },
    },
    vision_config: {
      ...tower("vision", visionWidth, Math.max(1, Math.floor(visionWidth / hints.headWidth))),
      ...{ model_type: "clip_vision_model", projection_dim: joint, image_size: imageSize, patch_size: patch },
    },
  };
  return { config, preprocessor: preprocessorConfig(imageSize, hints) };
}

function layersOf(tensors: SourceTensors, model: "text" | "vision"): number {
  const pattern = new RegExp(`^${model}_model\\.encoder\\.layers\\.(\\d+)\\.`);
  return Math.max(-1, ...[...tensors.keys()].map((name) => Number(name.match(pattern)?.[1] ?? -1))) + 1;
}

/** OpenAI's preprocessing, with the model's own mean and deviation where it has them. */
function preprocessorConfig(imageSize: number, { mean, std }: ModelHints) {
  const size = { height: imageSize, width: imageSize };
  return {
    ...{ do_resize: true, size: { shortest_edge: imageSize }, resample: 3, do_center_crop: true, crop_size: size },
    ...{ do_rescale: true, rescale_factor: 1 / 255, do_normalize: true, do_convert_rgb: true },
    image_mean: mean ?? [0.48145466, 0.4578275, 0.40821073],
    image_std: std ?? [0.26862954, 0.26130258, 0.27577711],
    image_processor_type: "CLIPImageProcessor",
  };
}

/* OpenAI's tokenizer, for models that come without their own: the merges in the package, and what follows from them. */

/** Entries of the vocabulary that the merges make. */
export const openaiVocabularySize = 49408;

/** Content by file name: `vocab.json`, `merges.txt`, `tokenizer_config.json`. */
export async function openaiTokenizerFiles(): Promise<Readonly<Record<string, string>>> {
  const file = packageFile("models/clip-tokenizer/merges.txt.gz");
  const text = gunzipSync(await readFile(file)).toString("utf8");
  const merges = parseMerges(text, file);
  const merged = merges.map(([left, right]) => left + right);
  // Printable bytes come first in OpenAI's numbering, then the others; each once more as the end of a word.
  const bytes = [...byteSymbols].sort((a, b) => Number(isShifted(a)) - Number(isShifted(b)));
  const symbols = [...bytes, ...bytes.map((symbol) => symbol + wordEnd), ...merged, "<|startoftext|>", "<|endoftext|>"];
  const config = {
    ...{ tokenizer_class: "CLIPTokenizer", model_max_length: 77, bos_token: "<|startoftext|>" },
    ...{ eos_token: "<|endoftext|>", unk_token: "<|endoftext|>", pad_token: "<|endoftext|>" },
  };
  return {
    "vocab.json": JSON.stringify(Object.fromEntries(symbols.map((symbol, id) => [symbol, id]))),
    "merges.txt": ["#version: 0.2", ...merges.map((pair) => pair.join(" ")), ""].join("\n"),
    "tokenizer_config.json": `${JSON.stringify(config, null, 1)}\n`,
  };
}

/** A byte that stands for itself is Latin-1; the others were moved above. */
const isShifted = (symbol: string): boolean => symbol.charCodeAt(0) >= 0x100;
