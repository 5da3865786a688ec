/**
 * Prompts: the soft text prompts and deep visual prompts, which alone are learned, and the texts around them as tokens.
 * Everything else of the model is frozen.
 */

import type { Backbone } from "../clip/backbone.ts";
import type { ClipConfig } from "../clip/config.ts";
import { type TokenTable, tokenTable } from "../clip/textTower.ts";
import { elements, type Shape, type TensorData } from "../graph/tensor.ts";
import { Random } from "../platform/random.ts";
import { type Descriptions, type HardPromptConfiguration, hardPrompts } from "./hardPrompts.ts";

/** Learned values by their checkpoint names, `text.context` and `vision.prompts`. */
export type Prompts = Readonly<Record<string, TensorData>>;

/** Soft tokens for each class, or shared by all. */
export const contexts = ["class-specific", "unified"] as const;
/** What follows the soft tokens. */
export const softTexts = ["class-name", "hard-prompt"] as const;
export type SoftText = (typeof softTexts)[number];

export interface PromptOptions {
  readonly classes: number;
  readonly context: (typeof contexts)[number];
  /** M */
  readonly contextLength: number;
  /** P; 0: no visual prompts */
  readonly visualPrompts: number;
}

/** The shape of each learned tensor: `text.context` [C,M,T] or [M,T], `vision.prompts` [K,P,V]. */
export function promptShapes(clip: ClipConfig, options: PromptOptions): Readonly<Record<string, Shape>> {
  const { classes, context, contextLength, visualPrompts } = options;
  const text = [contextLength, clip.text.width];
  return {
    "text.context": context === "unified" ? text : [classes, ...text],
    ...(visualPrompts > 0 && { "vision.prompts": [clip.vision.layers, visualPrompts, clip.vision.width] }),
  };
}

/** Standard deviation of the first values (paper, Implementation Details). */
const initialDeviation = 0.02;

/** Draws from N(0, 0.02²), a stream a tensor from the run's seed. */
export function initialPrompts(shapes: Readonly<Record<string, Shape>>, seed: number): Prompts {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const random = new Random("prompts", name, seed);
      const data = Float32Array.from({ length: elements(shape) }, () => initialDeviation * random.normal());
      return [name, { shape, data }];
    }),
  );
}

/** One text a class, and its tokens. */
export interface Prepared {
  readonly texts: readonly string[];
  readonly tokens: TokenTable;
}

/** The hard prompts t*_c. Throws CONFIG where a description is missing. */
export function prepareHardPrompts(
  backbone: Backbone,
  classes: readonly string[],
  configuration: HardPromptConfiguration,
  descriptions: Descriptions,
): Prepared {
  const texts = hardPrompts(configuration, classes, descriptions);
  return { texts, tokens: tokenTable(backbone.tokenizer, texts, backbone.clip.config.text.contextLength) };
}

/** The soft prompts' tokens: M places, then each class's text. */
export function prepareSoftPrompts(backbone: Backbone, texts: readonly string[], places: number): Prepared {
  return { texts, tokens: tokenTable(backbone.tokenizer, texts, backbone.clip.config.text.contextLength, places) };
}

/** Warnings, one for each text that was truncated. */
export const truncationWarnings = (...prepared: readonly (Prepared | undefined)[]): string[] =>
  [...new Set(prepared.flatMap((each) => each?.tokens.truncated ?? []))].map(
    (text) => `text too long, cut to its first tokens: "${text}"`,
  );
