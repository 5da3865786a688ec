import { z } from "zod";
import type { Tensor } from "../graph/tensor.ts";
import { Registry } from "../platform/registry.ts";
import type { Clip } from "./clip.ts";
import { type ClipConfig, parseClipConfig } from "./config.ts";
import { type ImageFeatures, type VisionOptions, visionTower } from "./imageTower.ts";
import { type TokenTable, textTower } from "./textTower.ts";

/* What a frozen backbone's `config.json` may call for: sizes, names of tensors, towers. */

export interface Towers {
  /** g [B,E], and Z [B,N,E] where it is asked for, both normalised, of pixels [B,3,S,S] under visual prompts [K,P,V] */
  image(clip: Clip, pixels: Tensor, options: VisionOptions): ImageFeatures;
  /** θ [C,E], normalised, of embedded tokens [C,L,T] without positions */
  text(clip: Clip, embedded: Tensor, tokens: TokenTable): Tensor;
}

/** A kind of backbone. What it does not say is CLIP's. */
export interface Architecture extends Partial<Towers> {
  /** `model_type` of `config.json` */
  readonly name: string;
  /** Sizes from the parsed `config.json`. Throws MODEL. */
  config(json: unknown, where: string): ClipConfig;
  /** what the file calls the tensor that a `CLIPModel` calls `name`; the values have the same order and shape */
  tensor?(name: string): string;
}

const clip: Architecture & Towers = { name: "clip", config: parseClipConfig, image: visionTower, text: textTower };

/** Every `model_type` that a backbone's `config.json` may have. A new one is one file and one line here. */
export const architectures = new Registry<Architecture>("architecture", /^[\w-]+$/, [clip]);

const kindSchema = z.object({ model_type: z.string() });

/** The architecture that a parsed `config.json` calls for; CLIP, which refuses what it is not, where there is none of its name. */
export function architectureOf(json: unknown): Architecture {
  const kind = kindSchema.safeParse(json);
  return (kind.success ? architectures.find(kind.data.model_type) : undefined) ?? clip;
}

/** A backbone's towers; CLIP's where its architecture has none of its own. */
export function towersOf({ config }: Clip): Towers {
  const { image = clip.image, text = clip.text } = architectures.get(config.architecture);
  return { image, text };
}
