/**
 * Checks of what a backbone computes, with pictures that the program draws and texts that it brings. A CLIP of general pictures must
 * find the sentences of plain drawings; encoders of two models, a wrong activation or wrong pixels do not.
 */
import type { Backbone } from "../../clip/backbone.ts";
import type { Activation } from "../../clip/config.ts";
import type { RuntimeOptions } from "../../method/classifier.ts";
import type { RgbImage } from "../../pictures/image.ts";
import { type Check, compared, unknown } from "./check.ts";
import { drawnGroups, drawPicture } from "./drawings.ts";
import { pictureFeatures, sentenceFeatures, similarity } from "./features.ts";
import type { PublishedClip } from "./published.ts";

/** Texts of which the second is closer in meaning to the first than the third. */
export const textOrders: readonly (readonly [text: string, near: string, far: string])[] = [
  ["a photo of a cat", "a picture of a cat", "a photo of an airplane"],
  ["a smiling face", "a face with a smile", "a bowl of soup"],
  ["an angry man", "a furious man", "a field of flowers"],
  ["a red car", "a car that is red", "a mountain in winter"],
];

/**
 * Checks the behaviour. `why` says why a miss would be no fault, such as a reduced vocabulary: what is missed then is unknown;
 * undefined for a CLIP of general pictures. `published` is the CLIP that the backbone is, if that is known.
 */
export async function behaviourChecks(
  backbone: Backbone,
  runtime: RuntimeOptions,
  why: string | undefined,
  published: PublishedClip | undefined,
): Promise<Check[]> {
  const judge = (check: string, expected: string, found: string, isOk: boolean): Check =>
    !isOk && why !== undefined ? unknown(check, `${expected}; ${why}`, found) : compared(check, expected, found, isOk);
  const pictures = await drawAll(backbone);
  const own = await readDrawings(backbone, pictures, runtime);
  const total = own.wins.length;
  const needed = Math.ceil(neededShare * total);
  const hits = own.wins.filter(Boolean).length;
  const orders = await textHits(backbone, runtime);
  return [
    compared("features", "finite, of length 1", own.isUnit ? "finite, of length 1" : "not so"),
    judge(
      `drawn pictures nearest to their sentence`,
      `at least ${needed} of ${total}`,
      `${hits} of ${total}`,
      hits >= needed,
    ),
    judge(
      "pairs of texts in order",
      `${textOrders.length} of ${textOrders.length}`,
      `${orders} of ${textOrders.length}`,
      orders === textOrders.length,
    ),
    // A published activation needs no inference from drawings.
    ...(published
      ? []
      : [activationCheck(backbone, own.margins, await otherMargins(backbone, pictures, runtime), why)]),
  ];
}

/** Share of the drawings that must find their sentence. Chance gives a fifth; a plain drawing is not a photograph, so not all must. */
const neededShare = 0.8;

const drawAll = ({ preprocess: { imageSize } }: Backbone): Promise<RgbImage[]> =>
  Promise.all(drawnGroups.flat().map((drawn) => drawPicture(drawn, imageSize)));

interface DrawingScores {
  /** for each drawing, whether its own sentence is the nearest of its group */
  readonly wins: readonly boolean[];
  /** for each drawing, the similarity to its own sentence less the mean of those to the others of the group */
  readonly margins: readonly number[];
  readonly isUnit: boolean;
}

async function readDrawings(
  backbone: Backbone,
  pictures: readonly RgbImage[],
  runtime: RuntimeOptions,
): Promise<DrawingScores> {
  const images = await pictureFeatures(backbone, pictures, runtime);
  const texts = await sentenceFeatures(
    backbone,
    drawnGroups.flat().map(({ sentence }) => sentence),
    runtime,
  );
  const wins: boolean[] = [];
  const margins: number[] = [];
  let start = 0;
  for (const { length } of drawnGroups) {
    for (let own = 0; own < length; own++) {
      const scores = texts.slice(start, start + length).map((text) => similarity(images[start + own], text));
      const others = scores.filter((_, i) => i !== own);
      wins.push(others.every((score) => score < scores[own]));
      margins.push(scores[own] - mean(others));
    }
    start += length;
  }
  const isUnit = [...images, ...texts].every((feature) => Math.abs(similarity(feature, feature) - 1) < 1e-3);
  return { wins, margins, isUnit };
}

async function textHits(backbone: Backbone, runtime: RuntimeOptions): Promise<number> {
  const features = await sentenceFeatures(backbone, textOrders.flat(), runtime);
  return textOrders.filter((_, i) => {
    const [text, near, far] = features.slice(3 * i, 3 * i + 3);
    return similarity(text, near) > similarity(text, far);
  }).length;
}

/** Margins of the drawings with the other activation in both encoders. */
async function otherMargins(
  backbone: Backbone,
  pictures: readonly RgbImage[],
  runtime: RuntimeOptions,
): Promise<readonly number[]> {
  const { config } = backbone.clip;
  const activation = otherThan(config.vision.activation);
  const changed = { ...config, vision: { ...config.vision, activation }, text: { ...config.text, activation } };
  const other = { ...backbone, clip: { ...backbone.clip, config: changed } };
  return (await readDrawings(other, pictures, runtime)).margins;
}

const otherThan = (activation: Activation): Activation => (activation === "gelu" ? "quick_gelu" : "gelu");

/** Share of the drawings that must agree on another activation: 9 of 10 have a probability of 0.011 by chance. */
const agreement = 0.9;

/** Weights tell drawings and sentences apart best with the activation of their training. */
function activationCheck(
  { clip: { config } }: Backbone,
  margins: readonly number[],
  others: readonly number[],
  why: string | undefined,
): Check {
  const check = "activation that suits the weights";
  const given = config.vision.activation;
  const better = margins.filter((margin, i) => margin > others[i]).length;
  const found = `${better} of ${margins.length} drawings are distinguished better than with ${otherThan(given)}`;
  if (why !== undefined) return unknown(check, why, found);
  if (better > margins.length / 2) return compared(check, given, found, true);
  if (margins.length - better >= agreement * margins.length) return compared(check, given, found, false);
  return unknown(check, "the drawings do not tell", found);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
