/** Architectures of frozen backbones, selected by `model_type` in `config.json`. */

import { z } from "zod";
import type { Tensor } from "../graph/tensor.ts";
import { Registry } from "../platform/registry.ts";
import type { Clip } from "./clip.ts";
import { type ClipConfig, parseClipConfig } from "./config.ts";
import { type ImageFeatures, type VisionOptions, visionTower } from "./imageTower.ts";
import { type TokenTable, textTower } from "./textTower.ts";

/** The graphs of a backbone's two encoders. */
export interface Towers {
  /** Features g [B,E], and on request Z [B,N,E], both normalised, of pixels [B,3,S,S] with visual prompts [J,P,V] of the first J layers. */
  image(clip: Clip, pixels: Tensor, options: VisionOptions): ImageFeatures;
  /**
   * Features θ [C,E], normalised, of embedded tokens [C,L,T] without positions; `deep` [D,M,T] replaces the outputs at the M places after
   * SOT in the D layers after the first.
   */
  text(clip: Clip, embedded: Tensor, tokens: TokenTable, deep?: Tensor): Tensor;
}

/** A kind of backbone; omitted members are those of CLIP. */
export interface Architecture extends Partial<Towers> {
  /** `model_type` of `config.json` */
  readonly name: string;
  /** Reads the sizes from a parsed `config.json`. Throws MODEL. */
  config(json: unknown, where: string): ClipConfig;
  /** The stored name of the tensor that is called `name` in a `CLIPModel`; the shape and the order of the values are the same. */
  tensor?(name: string): string;
}

const clip: Architecture & Towers = { name: "clip", config: parseClipConfig, image: visionTower, text: textTower };

/** Known architectures by `model_type`. A new one needs a file and an entry here. */
export const architectures = new Registry<Architecture>("architecture", /^[\w-]+$/, [clip]);

const kindSchema = z.object({ model_type: z.string() });

/** The architecture of a parsed `config.json`. An unknown `model_type` gives CLIP, whose `config` then throws MODEL. */
export function architectureOf(json: unknown): Architecture {
  const kind = kindSchema.safeParse(json);
  return (kind.success ? architectures.find(kind.data.model_type) : undefined) ?? clip;
}

/** The encoders of a backbone's architecture. */
export function towersOf({ config }: Clip): Towers {
  const { image = clip.image, text = clip.text } = architectures.get(config.architecture);
  return { image, text };
}
