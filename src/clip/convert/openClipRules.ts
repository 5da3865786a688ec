/**
 * Rules for the keys of OpenCLIP's configurations (`CLIPVisionCfg`, `CLIPTextCfg`, `CLIP` and `PreprocessCfg`, versions 2.0 to
 * 4.1): the values with which the encoders here compute the same as OpenCLIP. Other keys are rejected.
 */

/** Whether the encoders here support a key's value. */
export type Rule = (value: unknown) => boolean;

/** For values that are parsed: sizes, which are compared with the weights, and preprocessing. */
const isRead: Rule = () => true;
/** For values that do not affect the features; a comment at each key says why. */
const isNeutral: Rule = () => true;

const isWhole: Rule = (value) => Number.isInteger(value);
/** A whole number, or a pair of equal ones. */
const isSquare: Rule = (value) =>
  isWhole(value) || (Array.isArray(value) && value.length === 2 && value[0] === value[1]);

/** A value that is false in Python. */
const isOff: Rule = (value) => value === false || value === null || value === 0 || value === "";
const isAbsent: Rule = (value) => value === null;
const isOneOf =
  (...values: readonly unknown[]): Rule =>
  (value) =>
    values.includes(value);

/** Arguments of the exact GELU; QuickGELU has none. */
const isPlainActivation: Rule = (value) => hasOnly(value, { approximate: isOneOf("none") });
const isPlainNorm: Rule = (value) =>
  hasOnly(value, { eps: isRead, elementwise_affine: isOneOf(true), bias: isOneOf(true) });

function hasOnly(value: unknown, rules: Readonly<Record<string, Rule>>): boolean {
  if (value === null) return true;
  if (typeof value !== "object" || Array.isArray(value)) return false;
  return Object.entries(value).every(([key, item]) => Object.hasOwn(rules, key) && rules[key](item));
}

/** Keys of both encoders. */
const tower: Readonly<Record<string, Rule>> = {
  width: isRead,
  // A ResNet has a list.
  layers: isWhole,
  mlp_ratio: isRead,
  norm_kwargs: isPlainNorm,
  act_kwargs: isPlainActivation,
  ls_init_value: isAbsent,
  // Returns the tokens in addition to the feature.
  output_tokens: isNeutral,
  block_type: isOneOf(null, "default"),
  qk_norm: isOff,
  scaled_cosine_attn: isOff,
  scale_heads: isOff,
  scale_attn_inner: isOff,
  scale_attn: isOff,
  scale_fc: isOff,
  final_ln_after_pool: isOff,
};

/** Keys of `vision_cfg`. */
export const visionRules: Readonly<Record<string, Rule>> = {
  ...tower,
  head_width: isRead,
  patch_size: isSquare,
  image_size: isSquare,
  in_chans: isOneOf(3),
  pool_type: isOneOf("tok"),
  attentional_pool: isOff,
  // Used by attentional_pool only.
  attn_pooler_queries: isNeutral,
  attn_pooler_heads: isNeutral,
  n_queries: isNeutral,
  no_ln_pre: isOff,
  input_patchnorm: isOff,
  global_average_pool: isOff,
  // Both kinds are stored in the weights.
  pos_embed_type: isOneOf("learnable", "sin_cos_2d"),
  // Drops patches during training only.
  patch_dropout: isNeutral,
  timm_model_name: isOff,
  // Used by timm_model_name only.
  timm_model_pretrained: isNeutral,
  timm_pool: isNeutral,
  timm_proj: isNeutral,
  timm_proj_bias: isNeutral,
  timm_drop: isNeutral,
  timm_drop_path: isNeutral,
  timm_model_kwargs: isNeutral,
};

/** Keys of `text_cfg`. */
export const textRules: Readonly<Record<string, Rule>> = {
  ...tower,
  heads: isRead,
  context_length: isRead,
  vocab_size: isRead,
  eos_id: isRead,
  pool_type: isOneOf("argmax", "eos"),
  text_arch: isOneOf("clip"),
  variable_text: isOff,
  no_causal_mask: isOff,
  embed_cls: isOff,
  // With a causal mask and no class token, no token attends to the padding after EOT.
  pad_id: isNeutral,
  proj_type: isOneOf("linear"),
  proj_bias: isOff,
  ln_post_emb: isOff,
  hf_tokenizer_name: isOff,
  tokenizer_mode: isOff,
  tokenizer_kwargs: (value) => hasOnly(value, { clean: isOneOf("lower") }),
  tokenizer_type: isOff,
  // Used by tokenizer_type only.
  tiktoken_name: isNeutral,
  bos_id: isNeutral,
  hf_model_name: isOff,
  // Used by hf_model_name only.
  hf_model_pretrained: isNeutral,
  hf_model_config: isNeutral,
  hf_proj_type: isNeutral,
  hf_pooler_type: isNeutral,
};

/** Keys of `model_cfg`. */
export const modelRules: Readonly<Record<string, Rule>> = {
  embed_dim: isRead,
  vision_cfg: isRead,
  text_cfg: isRead,
  quick_gelu: isRead,
  // For SigLIP's sigmoid loss.
  init_logit_bias: isAbsent,
  // The weights contain the trained scale.
  init_logit_scale: isNeutral,
  nonscalar_logit_scale: isNeutral,
  // These affect the names of the text encoder's weights and the type of the output only.
  custom_text: isNeutral,
  output_dict: isNeutral,
};

/** Keys of `preprocess_cfg`. */
export const preprocessRules: Readonly<Record<string, Rule>> = {
  mean: isRead,
  std: isRead,
  interpolation: isOneOf("bicubic", "bilinear", "random", null),
  resize_mode: isOneOf("shortest", "squash", null),
  mode: isOneOf("RGB", null),
  // image_size of the model takes precedence.
  size: isNeutral,
  // Used by the resize_mode longest only.
  fill_color: isNeutral,
};
