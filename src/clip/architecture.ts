/** Architectures: kinds of frozen backbones, chosen by `model_type` of their `config.json`. */

import { z } from "zod";
import type { Tensor } from "../graph/tensor.ts";
import { Registry } from "../platform/registry.ts";
import type { Clip } from "./clip.ts";
import { type ClipConfig, parseClipConfig } from "./config.ts";
import { type ImageFeatures, type VisionOptions, visionTower } from "./imageTower.ts";
import { type TokenTable, textTower } from "./textTower.ts";

/** The graphs of a backbone's two towers. */
export interface Towers {
  /** g [B,E], and Z [B,N,E] on request, both normalised, of pixels [B,3,S,S] under visual prompts [K,P,V]. */
  image(clip: Clip, pixels: Tensor, options: VisionOptions): ImageFeatures;
  /** θ [C,E], normalised, of embedded tokens [C,L,T] without positions. */
  text(clip: Clip, embedded: Tensor, tokens: TokenTable): Tensor;
}

/** A kind of backbone. What it leaves out is CLIP's. */
export interface Architecture extends Partial<Towers> {
  /** `model_type` of `config.json` */
  readonly name: string;
  /** Sizes from the parsed `config.json`. Throws MODEL. */
  config(json: unknown, where: string): ClipConfig;
  /** The file's name for the tensor that a `CLIPModel` calls `name`; its shape and the order of its values are the same. */
  tensor?(name: string): string;
}

const clip: Architecture & Towers = { name: "clip", config: parseClipConfig, image: visionTower, text: textTower };

/** The known architectures by their `model_type`. A new one takes a file and a line here. */
export const architectures = new Registry<Architecture>("architecture", /^[\w-]+$/, [clip]);

const kindSchema = z.object({ model_type: z.string() });

/** The architecture of a parsed `config.json`. An unknown `model_type` gives CLIP, whose `config` then throws MODEL. */
export function architectureOf(json: unknown): Architecture {
  const kind = kindSchema.safeParse(json);
  return (kind.success ? architectures.find(kind.data.model_type) : undefined) ?? clip;
}

/** The towers of a backbone's architecture, CLIP's where it has none of its own. */
export function towersOf({ config }: Clip): Towers {
  const { image = clip.image, text = clip.text } = architectures.get(config.architecture);
  return { image, text };
}
