/** What OpenCLIP's `open_clip_config.json` says beyond the weights' own shapes. */
import { z } from "zod";
import { MpaError } from "../errors.ts";

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
  readonly activation: "quick_gelu" | "gelu";
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
    throw new MpaError("CONFIG", `${issue.path.join(".")}: ${issue.message}`, where, "restore the file");
  }
  const { model_cfg: model, preprocess_cfg: preprocess } = result.data;
  const foreign = model.vision_cfg.timm_model_name ?? model.text_cfg.hf_model_name;
  if (foreign) throw new MpaError("MODEL", `a tower is ${foreign}, not CLIP's own`, where, "choose a plain ViT CLIP");
  if (typeof model.init_logit_bias === "number") {
    throw new MpaError("MODEL", "the model has a sigmoid loss with a bias (SigLIP)", where, "choose a CLIP");
  }
  return {
    activation: model.quick_gelu ? "quick_gelu" : "gelu",
    headWidth: model.vision_cfg.head_width,
    textHeads: model.text_cfg.heads,
    mean: preprocess.mean,
    std: preprocess.std,
  };
}
