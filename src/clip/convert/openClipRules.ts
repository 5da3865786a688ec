/**
 * Which keys of OpenCLIP's configurations there are, and with which values the towers here compute what OpenCLIP computes
 * (its `CLIPVisionCfg`, `CLIPTextCfg`, `CLIP` and `PreprocessCfg`, versions 2.0 to 4.1). A key that is not here is refused.
 */

/** Whether the towers here do what a key's value asks for. */
export type Rule = (value: unknown) => boolean;

/** The value is read elsewhere: sizes, which the weights have to agree with, and what is passed on. */
const isRead: Rule = () => true;
/** The value changes nothing of what is computed here; the reason stands beside each key. */
const isNeutral: Rule = () => true;

const isWhole: Rule = (value) => Number.isInteger(value);
/** A number, or the same one for both sides. */
const isSquare: Rule = (value) =>
  isWhole(value) || (Array.isArray(value) && value.length === 2 && value[0] === value[1]);

/** Python takes these for false. */
const isOff: Rule = (value) => value === false || value === null || value === 0 || value === "";
const isAbsent: Rule = (value) => value === null;
const isOneOf =
  (...values: readonly unknown[]): Rule =>
  (value) =>
    values.includes(value);

/** Of the exact GELU; QuickGELU takes none. */
const isPlainActivation: Rule = (value) => hasOnly(value, { approximate: isOneOf("none") });
const isPlainNorm: Rule = (value) =>
  hasOnly(value, { eps: isRead, elementwise_affine: isOneOf(true), bias: isOneOf(true) });

function hasOnly(value: unknown, rules: Readonly<Record<string, Rule>>): boolean {
  if (value === null) return true;
  if (typeof value !== "object" || Array.isArray(value)) return false;
  return Object.entries(value).every(([key, item]) => Object.hasOwn(rules, key) && rules[key](item));
}

/** Of both towers. */
const tower: Readonly<Record<string, Rule>> = {
  width: isRead,
  // A list is a ResNet's.
  layers: isWhole,
  mlp_ratio: isRead,
  norm_kwargs: isPlainNorm,
  act_kwargs: isPlainActivation,
  ls_init_value: isAbsent,
  // Gives the tokens beside the feature.
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

export const visionRules: Readonly<Record<string, Rule>> = {
  ...tower,
  head_width: isRead,
  patch_size: isSquare,
  image_size: isSquare,
  in_chans: isOneOf(3),
  pool_type: isOneOf("tok"),
  attentional_pool: isOff,
  // Read with attentional_pool alone.
  attn_pooler_queries: isNeutral,
  attn_pooler_heads: isNeutral,
  n_queries: isNeutral,
  no_ln_pre: isOff,
  input_patchnorm: isOff,
  global_average_pool: isOff,
  // Both kinds are stored among the weights.
  pos_embed_type: isOneOf("learnable", "sin_cos_2d"),
  // Leaves patches out in training alone.
  patch_dropout: isNeutral,
  timm_model_name: isOff,
  // Read with timm_model_name alone.
  timm_model_pretrained: isNeutral,
  timm_pool: isNeutral,
  timm_proj: isNeutral,
  timm_proj_bias: isNeutral,
  timm_drop: isNeutral,
  timm_drop_path: isNeutral,
  timm_model_kwargs: isNeutral,
};

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
  // With a causal mask and no class token nothing looks at what lies behind the end token.
  pad_id: isNeutral,
  proj_type: isOneOf("linear"),
  proj_bias: isOff,
  ln_post_emb: isOff,
  hf_tokenizer_name: isOff,
  tokenizer_mode: isOff,
  tokenizer_kwargs: (value) => hasOnly(value, { clean: isOneOf("lower") }),
  tokenizer_type: isOff,
  // Read with tokenizer_type alone.
  tiktoken_name: isNeutral,
  bos_id: isNeutral,
  hf_model_name: isOff,
  // Read with hf_model_name alone.
  hf_model_pretrained: isNeutral,
  hf_model_config: isNeutral,
  hf_proj_type: isNeutral,
  hf_pooler_type: isNeutral,
};

export const modelRules: Readonly<Record<string, Rule>> = {
  embed_dim: isRead,
  vision_cfg: isRead,
  text_cfg: isRead,
  quick_gelu: isRead,
  // A sigmoid loss, SigLIP's.
  init_logit_bias: isAbsent,
  // The weights have the scale itself.
  init_logit_scale: isNeutral,
  nonscalar_logit_scale: isNeutral,
  // Change the names of the text tower's weights and the form of an answer.
  custom_text: isNeutral,
  output_dict: isNeutral,
};

export const preprocessRules: Readonly<Record<string, Rule>> = {
  mean: isRead,
  std: isRead,
  interpolation: isOneOf("bicubic", "bilinear", "random", null),
  resize_mode: isOneOf("shortest", "squash", null),
  mode: isOneOf("RGB", null),
  // The model's own image_size goes first.
  size: isNeutral,
  // Read with the resize_mode longest alone.
  fill_color: isNeutral,
};
