/**
 * Trainable prompts: the soft text context and deep visual prompts, and tokenization of the surrounding texts. All other
 * parameters of the model are frozen.
 */

import type { Backbone } from "../clip/backbone.ts";
import type { ClipConfig } from "../clip/config.ts";
import { type TokenTable, tokenTable } from "../clip/textTower.ts";
import { elements, type Shape, type TensorData } from "../graph/tensor.ts";
import { Random } from "../platform/random.ts";
import { type Descriptions, type HardPromptConfiguration, hardPrompts } from "./hardPrompts.ts";

/** Trainable tensors by checkpoint name, `text.context` and `vision.prompts`. */
export type Prompts = Readonly<Record<string, TensorData>>;

/** Context modes: soft tokens for each class, or shared by all classes. */
export const contexts = ["class-specific", "unified"] as const;
/** Text that follows the soft tokens. */
export const softTexts = ["class-name", "hard-prompt"] as const;
export type SoftText = (typeof softTexts)[number];

/** Sizes of the prompts. */
export interface PromptOptions {
  readonly classes: number;
  readonly context: (typeof contexts)[number];
  /** M, soft tokens */
  readonly contextLength: number;
  /** P, visual prompts per layer; 0 for none */
  readonly visualPrompts: number;
}

/** The shape of each trainable tensor: `text.context` [C,M,T] or [M,T], `vision.prompts` [K,P,V]. */
export function promptShapes(clip: ClipConfig, options: PromptOptions): Readonly<Record<string, Shape>> {
  const { classes, context, contextLength, visualPrompts } = options;
  const text = [contextLength, clip.text.width];
  return {
    "text.context": context === "unified" ? text : [classes, ...text],
    ...(visualPrompts > 0 && { "vision.prompts": [clip.vision.layers, visualPrompts, clip.vision.width] }),
  };
}

/** Standard deviation of the initial values (paper, Implementation Details). */
const initialDeviation = 0.02;

/** Initial prompts from N(0, 0.02²); each tensor has its own random stream, derived from the seed. */
export function initialPrompts(shapes: Readonly<Record<string, Shape>>, seed: number): Prompts {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const random = new Random("prompts", name, seed);
      const data = Float32Array.from({ length: elements(shape) }, () => initialDeviation * random.normal());
      return [name, { shape, data }];
    }),
  );
}

/** Texts, one per class, and their tokens. */
export interface Prepared {
  readonly texts: readonly string[];
  readonly tokens: TokenTable;
}

/** Tokenizes the hard prompts t*_c (`hardPrompts`). Throws CONFIG if a class description is missing. */
export function prepareHardPrompts(
  backbone: Backbone,
  classes: readonly string[],
  configuration: HardPromptConfiguration,
  descriptions: Descriptions,
  template?: string,
): Prepared {
  const texts = hardPrompts(configuration, classes, descriptions, template);
  return { texts, tokens: tokenTable(backbone.tokenizer, texts, backbone.clip.config.text.contextLength) };
}

/** Tokenizes the soft prompts: `places` positions for the context, then the text of each class. */
export function prepareSoftPrompts(backbone: Backbone, texts: readonly string[], places: number): Prepared {
  return { texts, tokens: tokenTable(backbone.tokenizer, texts, backbone.clip.config.text.contextLength, places) };
}

/** One warning for each truncated text. */
export const truncationWarnings = (...prepared: readonly (Prepared | undefined)[]): string[] =>
  [...new Set(prepared.flatMap((each) => each?.tokens.truncated ?? []))].map(
    (text) => `text too long, cut to its first tokens: "${text}"`,
  );
