/** What a frozen backbone's `config.json` may call for: sizes, names of tensors, towers. */
import type { Tensor } from "../graph/tensor.ts";
import type { Clip } from "./clip.ts";
import type { ClipConfig } from "./clipConfig.ts";
import type { TokenTable } from "./tokens.ts";
import type { ImageFeatures, VisionOptions } from "./vision.ts";

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
