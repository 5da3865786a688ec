import { describe, expect, it } from "vitest";
import { checkSizes, type ModelSizes } from "./config.ts";
import { parseOpenClipConfig } from "./openClipConfig.ts";

type Keys = Record<string, unknown>;
interface Changes {
  readonly model?: Keys;
  readonly vision?: Keys;
  readonly text?: Keys;
  readonly preprocess?: Keys;
}

/** ViT-B/32 as OpenCLIP describes it, with some keys changed. */
const described = ({ model, vision, text, preprocess }: Changes) => ({
  model_cfg: {
    embed_dim: 512,
    vision_cfg: { image_size: 224, layers: 12, width: 768, patch_size: 32, ...vision },
    text_cfg: { context_length: 77, vocab_size: 49408, width: 512, heads: 8, layers: 12, ...text },
    ...model,
  },
  ...(preprocess && { preprocess_cfg: preprocess }),
});
const parse = (changes: Changes) => parseOpenClipConfig(described(changes), "f.json");

it("reads a plain ViT with OpenCLIP's defaults", () => {
  const text = {
    width: 512,
    layers: 12,
    heads: 8,
    mlpWidth: 2048,
    epsilon: 1e-5,
    vocabulary: 49408,
    contextLength: 77,
  };
  const vision = { width: 768, layers: 12, heads: 12, mlpWidth: 3072, epsilon: 1e-5, patchSize: 16, imageSize: 224 };
  const bare = { model_cfg: { embed_dim: 512, vision_cfg: {}, text_cfg: {} } };
  expect(parseOpenClipConfig(bare, "f.json")).toEqual({
    activation: "gelu",
    jointWidth: 512,
    vision,
    text,
    preprocess: { filter: "bicubic", squash: false },
  });
  expect(parse({}).vision).toEqual({ ...vision, patchSize: 32 });
  // Eight heads whatever the width.
  expect(parse({ text: { width: 768, heads: undefined } }).text.heads).toBe(8);
});

describe("reads", () => {
  it.each<[string, Changes, unknown]>([
    ["the activation", { model: { quick_gelu: true } }, { activation: "quick_gelu" }],
    ["heads", { vision: { width: 1280, head_width: 80 } }, { vision: { heads: 16 } }],
    ["the MLP's width", { vision: { width: 1664, mlp_ratio: 4.9231 } }, { vision: { mlpWidth: 8192 } }],
    ["the epsilon", { text: { norm_kwargs: { eps: 1e-6 } } }, { text: { epsilon: 1e-6 }, vision: { epsilon: 1e-5 } }],
    [
      "two equal sides",
      { vision: { image_size: [336, 336], patch_size: [14, 14] } },
      { vision: { imageSize: 336, patchSize: 14 } },
    ],
    ["the position of eos", { text: { pool_type: "eos", eos_id: 7 } }, { text: { endOfText: 7 } }],
    [
      "mean and deviation",
      { preprocess: { mean: 0.5, std: [0.1, 0.2, 0.3] } },
      { preprocess: { mean: [0.5, 0.5, 0.5], std: [0.1, 0.2, 0.3] } },
    ],
    [
      "how pictures are scaled",
      { preprocess: { interpolation: "bilinear", resize_mode: "squash" } },
      { preprocess: { filter: "bilinear", squash: true } },
    ],
    [
      "null as the default",
      { preprocess: { interpolation: null, resize_mode: null, mean: null } },
      { preprocess: { filter: "bicubic", squash: false } },
    ],
  ])("%s", (_, changes, found) => expect(parse(changes)).toMatchObject(Object(found)));
});

it.each<[keyof Changes, Keys]>([
  ["vision", { patch_dropout: 0.5 }],
  ["vision", { output_tokens: true, attentional_pool: false, attn_pooler_heads: 8, attn_pooler_queries: 256 }],
  ["vision", { timm_model_name: null, timm_pool: "avg", timm_proj: "linear", timm_model_pretrained: false }],
  ["vision", { pool_type: "tok", no_ln_pre: false, final_ln_after_pool: false, pos_embed_type: "sin_cos_2d" }],
  ["vision", { act_kwargs: null, norm_kwargs: {}, ls_init_value: null, block_type: null, qk_norm: false }],
  ["text", { act_kwargs: { approximate: "none" }, pad_id: 3, bos_id: 1, eos_id: 2, tiktoken_name: "x" }],
  ["text", { pool_type: "argmax", no_causal_mask: false, embed_cls: false, proj_type: "linear", proj_bias: false }],
  ["text", { hf_model_name: null, hf_tokenizer_name: null, hf_proj_type: "mlp", tokenizer_kwargs: { clean: "lower" } }],
  ["model", { custom_text: true, init_logit_scale: 2.3, init_logit_bias: null, nonscalar_logit_scale: true }],
  ["preprocess", { size: [224, 224], mode: "RGB", fill_color: 0 }],
])("accepts %s %j, which does not affect the features", (section, keys) =>
  expect(parse({ [section]: keys })).toEqual(parse({ preprocess: {} })),
);

const both: readonly Keys[] = [
  { act_kwargs: { approximate: "tanh" } },
  { act_kwargs: "tanh" },
  { norm_kwargs: { eps: 1e-6, elementwise_affine: false } },
  { ls_init_value: 0.0001 },
  { ls_init_value: 0 },
  { block_type: "custom" },
  { qk_norm: true },
  { scaled_cosine_attn: true },
  { scale_heads: true },
  { scale_attn_inner: true },
  { scale_attn: true },
  { scale_fc: true },
  { final_ln_after_pool: true },
  { layers: [3, 4, 6, 3] },
  { "rope\u001b": 1 },
  JSON.parse('{"__proto__":{"x":1}}'),
  { constructor: 1 },
  { toString: 1 },
];
const refusedKeys: readonly [keyof Changes, Keys][] = [
  ...both.flatMap((keys): [keyof Changes, Keys][] => [
    ["vision", keys],
    ["text", keys],
  ]),
  ["vision", { pool_type: "avg" }],
  ["vision", { pool_type: "none" }],
  ["vision", { attentional_pool: true }],
  ["vision", { attentional_pool: "parallel" }],
  ["vision", { no_ln_pre: true }],
  ["vision", { input_patchnorm: true }],
  ["vision", { global_average_pool: true }],
  ["vision", { timm_model_name: "vit_base_patch16_siglip_224" }],
  ["vision", { image_size: [224, 112] }],
  ["vision", { patch_size: [16, 8] }],
  ["vision", { in_chans: 1 }],
  ["vision", { pos_embed_type: "rope" }],
  ["text", { pool_type: "last" }],
  ["text", { pool_type: "first" }],
  ["text", { pool_type: null }],
  ["text", { no_causal_mask: true }],
  ["text", { embed_cls: true }],
  ["text", { proj_bias: true }],
  ["text", { proj_type: "none" }],
  ["text", { text_arch: "modern" }],
  ["text", { variable_text: true }],
  ["text", { hf_model_name: "roberta-base" }],
  ["text", { hf_tokenizer_name: "bert-base-uncased" }],
  ["text", { tokenizer_kwargs: { clean: "canonicalize" } }],
  ["text", { tokenizer_type: "tiktoken" }],
  ["text", { ln_post_emb: true }],
  ["model", { init_logit_bias: -10 }],
  ["model", { multimodal_cfg: { layers: 12 } }],
  ["model", { audio_cfg: {} }],
  ["preprocess", { resize_mode: "longest" }],
  ["preprocess", { interpolation: "nearest" }],
  ["preprocess", { mode: "L" }],
];

it.each(refusedKeys)("rejects %s %j with its name", (section, keys) => {
  const [key] = Object.keys(keys);
  const name = `${section === "model" ? "model_cfg" : `${section}_cfg`}.${key.replace("\u001b", "\\u001b")} is `;
  expect(() => parse({ [section]: keys })).toThrow(
    expect.objectContaining({ code: "MODEL", message: expect.stringContaining(name) }),
  );
});

it("names up to twelve rejected keys with truncated values", () => {
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`key${i}`, "x".repeat(1000)]));
  expect(() => parse({ text: { pool_type: "last", no_causal_mask: true } })).toThrow(
    'this model: text_cfg.pool_type is "last", text_cfg.no_causal_mask is true (f.json)',
  );
  expect(() => parse({ vision: many })).toThrow(/key11 is "x{39}… and 8 more \(f\.json\)/);
});

it.each<[unknown, string]>([
  [{}, "model_cfg: expected an object"],
  [{ model_cfg: {} }, "model_cfg.vision_cfg: expected an object"],
  [described({ model: { embed_dim: "512" } }), "model_cfg.embed_dim"],
  [described({ model: { quick_gelu: "yes" } }), "model_cfg.quick_gelu"],
  [described({ vision: { norm_kwargs: { eps: -1 } } }), "model_cfg.vision_cfg.norm_kwargs.eps"],
  [described({ text: { pool_type: "eos" } }), "model_cfg.text_cfg.eos_id: is missing"],
  [described({ text: { heads: 0 } }), "model_cfg.text_cfg.heads"],
  [described({ preprocess: { std: [0, 1, 1] } }), "preprocess_cfg.std"],
  [[], "expected object"],
])("says what does not fit in %j", (json, message) => {
  expect(() => parseOpenClipConfig(json, "f.json")).toThrow(
    expect.objectContaining({ code: "CONFIG", message: expect.stringContaining(message) }),
  );
});

describe("checkSizes", () => {
  const sizes: ModelSizes = {
    jointWidth: 512,
    vision: { width: 768, mlpWidth: 3072, layers: 12, patchSize: 32, grid: 7 },
    text: { width: 512, mlpWidth: 2048, layers: 12, vocabulary: 49408, contextLength: 77 },
  };
  const check = (changes: Changes) => checkSizes(sizes, parse(changes), "f.json");

  it("accepts an image size that is not a multiple of the patch size", () => {
    check({});
    check({ vision: { image_size: 240 } });
  });

  it.each<[Changes, string]>([
    [{ model: { embed_dim: 640 } }, "embed_dim 640 where the weights have 512"],
    [{ vision: { width: 1024 } }, "vision_cfg.width 1024 where the weights have 768"],
    [{ vision: { layers: 24 } }, "vision_cfg.layers 24"],
    [{ vision: { patch_size: 16 } }, "vision_cfg.patch_size 16 where the weights have 32, patches a side 14"],
    [{ vision: { image_size: 336 } }, "patches a side 10 where the weights have 7"],
    [{ vision: { mlp_ratio: 2 } }, "vision_cfg.mlp_ratio × width 1536"],
    [{ text: { context_length: 32 } }, "text_cfg.context_length 32"],
    [{ text: { vocab_size: 1000 } }, "text_cfg.vocab_size 1000"],
    [{ text: { width: 640 } }, "text_cfg.width 640"],
    [{ text: { layers: 6 } }, "text_cfg.layers 6"],
    [{ text: { mlp_ratio: 1 } }, "text_cfg.mlp_ratio × width 512"],
  ])("refuses %j", (changes, message) => {
    expect(() => check(changes)).toThrow(
      expect.objectContaining({ code: "MODEL", message: expect.stringContaining(message) }),
    );
  });
});
