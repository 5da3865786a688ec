/**
 * OpenCLIP's `open_clip_config.json`. OpenCLIP has many kinds of encoders, most of which cannot be distinguished by the names and
 * shapes of their weights. A model is therefore rejected unless every key and value is known to describe the encoders here.
 */
import { z } from "zod";
import { MpaError } from "../../platform/errors.ts";
import { escaped } from "../../platform/quote.ts";
import { plainObject } from "../../platform/recordSchema.ts";
import { modelRules, preprocessRules, type Rule, textRules, visionRules } from "./openClipRules.ts";

/** Sizes of one encoder. */
interface OpenClipTower {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly mlpWidth: number;
  /** of the layer norms */
  readonly epsilon: number;
}

/** A model that OpenCLIP describes. */
export interface OpenClipModel {
  readonly activation: "quick_gelu" | "gelu";
  readonly jointWidth: number;
  readonly vision: OpenClipTower & { readonly patchSize: number; readonly imageSize: number };
  readonly text: OpenClipTower & {
    readonly vocabulary: number;
    readonly contextLength: number;
    /** id of the token at which a text's feature is read; by default the largest id of the text */
    readonly endOfText?: number | undefined;
  };
  readonly preprocess: OpenClipPreprocess;
}

/** Preprocessing of images; absent fields have OpenAI's values. */
export interface OpenClipPreprocess {
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
  readonly filter: "bicubic" | "bilinear";
  /** whether images are resized to a square regardless of their aspect ratio, instead of cropped to the centre */
  readonly squash: boolean;
}

/**
 * Parses a configuration. Throws CONFIG if it does not validate, MODEL with the keys for a model that the encoders here do not
 * support.
 */
export function parseOpenClipConfig(json: unknown, where: string): OpenClipModel {
  const file = read(fileSchema, json, where);
  const model = file.model_cfg;
  const preprocess = withoutNulls(file.preprocess_cfg ?? {});
  const { vision_cfg, text_cfg } = model;
  checkKeys(where, { model_cfg: model, vision_cfg, text_cfg, preprocess_cfg: preprocess });
  const { vision_cfg: vision, text_cfg: text } = read(towersSchema, model, where, "model_cfg");
  const { quick_gelu, embed_dim } = read(modelSchema, model, where, "model_cfg");
  const { interpolation, resize_mode, mean, std } = read(preprocessSchema, preprocess, where, "preprocess_cfg");
  return {
    activation: quick_gelu ? "quick_gelu" : "gelu",
    jointWidth: embed_dim,
    vision: visionTower(read(visionSchema, withoutNulls(vision), where, "model_cfg.vision_cfg")),
    text: textTower(read(textSchema, withoutNulls(text), where, "model_cfg.text_cfg")),
    preprocess: {
      mean,
      std,
      // With "random" OpenCLIP evaluates with bicubic.
      filter: interpolation === "bilinear" ? "bilinear" : "bicubic",
      squash: resize_mode === "squash",
    },
  };
}

const fileSchema = z.object({ model_cfg: plainObject, preprocess_cfg: plainObject.nullish() });
const towersSchema = z.object({ vision_cfg: plainObject, text_cfg: plainObject });

const count = z.number().int().positive();
const ratio = z.number().positive();
const norm = z.object({ eps: z.number().positive().max(1).default(1e-5) });
/** Pixels: one number, or a pair of height and width, which the rules require to be equal. */
const side = z.union([count, z.tuple([count, count]).transform(([first]) => first)]);
const channels = (value: z.ZodNumber) =>
  z.union([value.transform((each) => [each, each, each]), z.array(value).length(3)]).optional();

/** Fields of both encoders, with OpenCLIP's defaults. */
const tower = { layers: count.default(12), mlp_ratio: ratio.default(4), norm_kwargs: norm.prefault({}) };
const modelSchema = z.object({ quick_gelu: z.boolean().default(false), embed_dim: count });
const visionSchema = z.object({
  ...tower,
  width: count.default(768),
  head_width: count.default(64),
  patch_size: side.default(16),
  image_size: side.default(224),
});
const textFields = z.object({
  ...tower,
  width: count.default(512),
  heads: count.default(8),
  context_length: count.default(77),
  vocab_size: count.default(49408),
  pool_type: z.enum(["argmax", "eos"]).default("argmax"),
  eos_id: z.number().int().nonnegative().optional(),
});
/** `eos_id` is required for the pool type eos, since its default differs between versions of OpenCLIP. */
const textSchema = textFields.refine(({ pool_type, eos_id }) => pool_type !== "eos" || eos_id !== undefined, {
  path: ["eos_id"],
  message: "is missing beside the pool_type eos",
});
const preprocessSchema = z.object({
  mean: channels(z.number()),
  std: channels(ratio),
  interpolation: z.string().optional(),
  resize_mode: z.string().optional(),
});

function visionTower(config: z.output<typeof visionSchema>): OpenClipModel["vision"] {
  const { width, head_width, patch_size, image_size } = config;
  return { ...sizes(config, Math.floor(width / head_width)), patchSize: patch_size, imageSize: image_size };
}

function textTower(config: z.output<typeof textSchema>): OpenClipModel["text"] {
  const { heads, vocab_size, context_length, pool_type, eos_id } = config;
  const endOfText = pool_type === "eos" ? eos_id : undefined;
  return { ...sizes(config, heads), vocabulary: vocab_size, contextLength: context_length, endOfText };
}

function sizes(
  { width, layers, mlp_ratio, norm_kwargs }: { width: number } & z.output<z.ZodObject<typeof tower>>,
  heads: number,
): OpenClipTower {
  return { width, layers, heads, mlpWidth: Math.floor(width * mlp_ratio), epsilon: norm_kwargs.eps };
}

type Keys = Readonly<Record<string, unknown>>;

/** Rules by section of the file. */
const rules: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  model_cfg: modelRules,
  vision_cfg: visionRules,
  text_cfg: textRules,
  preprocess_cfg: preprocessRules,
};

/** Maximum number of keys in an error. */
const maxNamed = 12;

function checkKeys(where: string, sections: Keys): void {
  const faults = Object.entries(sections).flatMap(([section, keys]) =>
    Object.entries(plainObject.safeParse(keys).data ?? {})
      .filter(([key, value]) => !(Object.hasOwn(rules[section], key) && rules[section][key](value)))
      .map(([key, value]) => `${section}.${escaped(key, 40)} is ${escaped(JSON.stringify(value), 40)}`),
  );
  if (faults.length === 0) return;
  const more = faults.length > maxNamed ? ` and ${faults.length - maxNamed} more` : "";
  const what = `the encoders here do not compute this model: ${faults.slice(0, maxNamed).join(", ")}${more}`;
  throw new MpaError("MODEL", what, { where, fix: "choose a plain ViT CLIP" });
}

/** Removes keys whose value is null, which OpenCLIP treats like absent ones. */
const withoutNulls = (keys: Keys): Keys =>
  Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== null));

function read<S extends z.ZodType>(schema: S, json: unknown, where: string, section = ""): z.output<S> {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  const key = [section, ...path].filter((part) => part !== "").join(".");
  throw new MpaError("CONFIG", key === "" ? message : `${key}: ${message}`, { where, fix: "restore the file" });
}
