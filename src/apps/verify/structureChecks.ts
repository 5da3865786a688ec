/** Checks of a backbone that need no computation: sizes, tensors, settings, tokenizer, preprocessing. */

import type { Backbone } from "../../clip/backbone.ts";
import { clipTensors } from "../../clip/clipTensors.ts";
import { openaiTokenizerFiles } from "../../clip/convert/tokenizer.node.ts";
import type { ClipPreprocess } from "../../clip/preprocess.ts";
import { openTokenizer } from "../../clip/tokenizer/tokenizerFile.ts";
import { ferClasses } from "../../data/sample.ts";
import { elements } from "../../graph/tensor.ts";
import { defaultDescriptions, hardPrompts } from "../../method/hardPrompts.ts";
import { counted } from "../../platform/counts.ts";
import { type Check, compared, unknown } from "./check.ts";
import {
  clipOfShape,
  openaiFrame,
  openaiPreprocess,
  openaiSettings,
  openaiTokens,
  type PublishedClip,
  shapeOf,
  shapeText,
} from "./published.ts";

/**
 * Checks the structure. `published` is the CLIP that the backbone is, if that is known; `why` says why texts need not have OpenAI's
 * tokens.
 */
export async function structureChecks(
  backbone: Backbone,
  published: PublishedClip | undefined,
  why: string | undefined,
): Promise<Check[]> {
  return [
    sizeCheck(backbone, published),
    ...tensorChecks(backbone),
    ...settingChecks(backbone, published),
    ...(await tokenizerChecks(backbone, why)),
    preprocessCheck(backbone, published),
  ];
}

function sizeCheck({ clip: { config } }: Backbone, published: PublishedClip | undefined): Check {
  const found = shapeText(shapeOf(config));
  if (published) return compared("sizes", shapeText(published.shape), found);
  const twin = clipOfShape(config);
  return twin
    ? compared("sizes", `those of ${twin.repo}`, found, true)
    : unknown("sizes", "not one of OpenAI's sizes", found);
}

/** Buffers of older files, which no graph reads. */
const buffers = /(^|\.)position_ids$/;

function tensorChecks({ clip }: Backbone): Check[] {
  const { header } = clip.weights;
  const wanted = clipTensors(clip.config);
  const names = new Set(wanted.map(([name]) => name));
  const others = [...header.tensors.keys()].filter((name) => !names.has(name) && !buffers.test(name));
  const values = wanted.reduce((sum, [, shape]) => sum + elements(shape), 0);
  const types = [...new Set(wanted.flatMap(([name]) => header.tensors.get(name)?.dtype ?? []))].sort();
  // `openBackbone` throws for a tensor that is missing or has another shape.
  const all = `${counted(wanted.length, "tensor")}, ${counted(values, "value")}`;
  return [
    compared("shapes of the tensors", "as config.json says", all, true),
    compared("tensors besides", "none", others.length === 0 ? "none" : `${others.length}, such as ${others[0]}`),
    compared("types of the tensors", "one floating-point type", types.join(", "), types.length === 1),
  ];
}

function settingChecks({ clip }: Backbone, published: PublishedClip | undefined): Check[] {
  const { vision, text } = clip.config;
  const scale = clip.scale.toFixed(3);
  const activation =
    vision.activation === text.activation ? vision.activation : `${vision.activation}, ${text.activation}`;
  const epsilon = vision.epsilon === text.epsilon ? String(vision.epsilon) : `${vision.epsilon}, ${text.epsilon}`;
  if (!published) {
    return [
      compared("logit scale", "1 to 100 (CLIP's bound)", scale, clip.scale >= 1 && clip.scale < 100.05),
      unknown("activation in config.json", "not published", activation),
      unknown("layer-norm epsilon", "not published", epsilon),
    ];
  }
  const known = openaiSettings;
  return [
    compared("logit scale", `${known.scale} = exp(4.6052)`, scale, Math.abs(clip.scale - known.scale) < 0.05),
    compared("activation in config.json", known.activation, activation),
    compared("layer-norm epsilon", String(known.epsilon), epsilon),
  ];
}

/** Whether the vocabulary has the size of OpenAI's, so that texts should have OpenAI's ids. */
export const hasWholeVocabulary = ({ clip }: Backbone): boolean =>
  clip.config.text.vocabulary === openaiFrame.vocabulary;

async function tokenizerChecks(backbone: Backbone, why: string | undefined): Promise<Check[]> {
  const { tokenizer } = backbone;
  const idsOf = (text: string) => framed(tokenizer, text).join(" ");
  const [first, ...others] = Object.keys(openaiTokens);
  const [check, sizes] = [`tokens of "${first}"`, `${tokenizer.vocabularySize} tokens`];
  if (why !== undefined) return [unknown(check, why, `${idsOf(first)} of ${sizes}`)];
  const published = (text: string) => [openaiFrame.sot, ...openaiTokens[text], openaiFrame.eot].join(" ");
  const wrong = others.find((text) => idsOf(text) !== published(text));
  const files = await openaiTokenizerFiles();
  const own = await openTokenizer({
    where: (name) => name || "OpenAI's tokenizer",
    read: async (name) => (Object.hasOwn(files, name) ? files[name] : undefined),
  });
  const texts = ([1, 2, 3] as const).flatMap((n) => hardPrompts(n, ferClasses, defaultDescriptions));
  const differing = texts.find((text) => idsOf(text) !== framed(own, text).join(" "));
  return [
    compared(check, published(first), idsOf(first)),
    compared(
      "tokens of other published texts",
      "the same",
      wrong === undefined ? "the same" : `"${wrong}": ${idsOf(wrong)}`,
    ),
    compared(
      `tokens of the ${texts.length} hard prompts`,
      "as OpenAI's tokenizer",
      differing === undefined ? "as OpenAI's tokenizer" : `"${differing}" differs`,
    ),
  ];
}

const framed = (
  { sot, eot, encode }: Pick<Backbone["tokenizer"], "sot" | "eot" | "encode">,
  text: string,
): number[] => [...[sot, ...encode(text), eot]];

function preprocessCheck({ preprocess }: Backbone, published: PublishedClip | undefined): Check {
  const [expected, found] = [preprocessText(openaiPreprocess), preprocessText(preprocess)];
  const isSquare = preprocess.resize === preprocess.imageSize && preprocess.crop?.width === preprocess.imageSize;
  const isSame = expected === found && isSquare;
  if (published || isSame)
    return compared("preprocessing", expected, isSquare ? found : `${found}, another size`, isSame);
  return unknown("preprocessing", `OpenAI's is ${expected}`, found);
}

const preprocessText = ({
  mean,
  std,
  filter,
  rescaleFactor,
}: Pick<ClipPreprocess, "mean" | "std" | "filter" | "rescaleFactor">) =>
  `mean ${mean.map(short).join(" ")}, deviation ${std.map(short).join(" ")}, ${filter}, 1/${Math.round(1 / rescaleFactor)}`;

const short = (value: number): string => value.toFixed(4);
