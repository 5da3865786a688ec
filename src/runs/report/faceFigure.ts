/** One face with each model's maps beside it (paper, Figure 3). */

import sharp from "sharp";
import type { TopPatches } from "../../method/explain/explainer.ts";
import type { HeatMap } from "../../method/explain/saliency.ts";
import type { RgbImage } from "../../pictures/image.ts";
import { html, type Markup } from "./page.ts";

export interface ExplainedFacePictures {
  readonly file: string;
  /** its class, where it is known */
  readonly label?: string;
  /** a `data:` address, as all pictures here */
  readonly picture: string;
  readonly answers: readonly {
    readonly model: string;
    readonly predicted: string;
    readonly probability: number;
    readonly gradient: string;
    readonly smoothGrad?: string;
    /** one a class, with the largest cosine */
    readonly patches: readonly { readonly name: string; readonly best: number; readonly picture: string }[];
  }[];
}

export function faceFigure({ file, label, picture, answers }: ExplainedFacePictures): Markup {
  const truth = label === undefined ? file : html`${label} <span class="faint">${file}</span>`;
  const rows = answers.map((answer) => answerMaps(answer, label));
  return html`<div class="face"><h3>${truth}</h3><div class="answers">${map(picture, "the face as the model sees it", "")}<div>
${rows}</div></div></div>`;
}

function answerMaps(
  { model, predicted, probability, gradient, smoothGrad, patches }: ExplainedFacePictures["answers"][number],
  label: string | undefined,
): Markup {
  const verdict = label === undefined ? "" : label === predicted ? "right" : "wrong";
  const own = patches.find(({ name }) => name === predicted);
  return html`<h4>${model}: <span class="${verdict}">${predicted}</span> ${Math.round(100 * probability)} %</h4>
<div class="maps">${map(gradient, `gradient of ${predicted}, ${model}`, "gradient")}
${smoothGrad === undefined ? undefined : map(smoothGrad, `SmoothGrad of ${predicted}, ${model}`, "SmoothGrad")}
${own === undefined ? undefined : map(own.picture, `best patches of ${predicted}, ${model}`, "patches")}</div>
<details><summary>best patches of each class</summary><div class="maps patches">${patches.map(
    ({ name, best, picture }) => map(picture, `best patches of ${name}, ${model}`, `${name}, ${best.toFixed(3)}`),
  )}</div></details>`;
}

function map(address: string, alternative: string, caption: string): Markup {
  const below = caption === "" ? undefined : html`<figcaption>${caption}</figcaption>`;
  return html`<figure><img alt="${alternative}" src="${address}">${below}</figure>`;
}

/* Maps laid over the picture they are of. */

/** How strongly each place is coloured, from 0 to 1. */
export type Strength = HeatMap;

/** Orange: seen on grey of any lightness. */
const colour = [255, 110, 0] as const;
/** What is never covered wholly: the face stays to be seen. */
const cover = 0.85;
const minSide = 192;

/** The side that small pictures are enlarged to, a whole multiple of their own. */
export const shownSide = (side: number): number => side * Math.max(1, Math.ceil(minSide / side));

/** Values as shares of their 99th percentile, so that a few outliers do not hide the rest (Smilkov et al. 2017). */
export function saliencyStrength(map: HeatMap): Strength {
  const sorted = map.data.toSorted();
  const top = sorted[Math.floor(0.99 * (sorted.length - 1))];
  return { ...map, data: map.data.map((value) => (top > 0 ? Math.min(1, value / top) : 0)) };
}

/** The best patch strongest, the last of the k still plain to see, all others not at all. */
export function patchStrength({ indices, scores }: TopPatches, { height, width }: Omit<HeatMap, "data">): Strength {
  const data = new Float32Array(height * width);
  const [best, last] = [scores[0], scores[scores.length - 1]];
  for (const [rank, i] of indices.entries()) {
    data[i] = best === last ? 1 : 0.4 + (0.6 * (scores[rank] - last)) / (best - last);
  }
  return { height, width, data };
}

/** The picture in grey with the strength over it in colour, at the side that it is shown with. */
export async function overlay(picture: RgbImage, strength: Strength): Promise<RgbImage> {
  const side = shownSide(picture.width);
  const base = await enlarge(picture, side);
  const data = new Uint8Array(3 * side * side);
  for (let i = 0; i < side * side; i++) {
    const [x, y] = [i % side, Math.floor(i / side)];
    const column = Math.floor((x * strength.width) / side);
    const row = Math.floor((y * strength.height) / side);
    const share = cover * strength.data[row * strength.width + column];
    const grey = 0.299 * base.data[3 * i] + 0.587 * base.data[3 * i + 1] + 0.114 * base.data[3 * i + 2];
    for (let c = 0; c < 3; c++) data[3 * i + c] = Math.round((1 - share) * grey + share * colour[c]);
  }
  return { width: side, height: side, data };
}

/** A square picture at another side, by cubic interpolation. */
export async function enlarge(picture: RgbImage, side: number): Promise<RgbImage> {
  if (picture.width === side) return picture;
  const data = await raw(picture).resize(side, side, { kernel: "cubic", fit: "fill" }).raw().toBuffer();
  return { width: side, height: side, data };
}

export const png = (picture: RgbImage): Promise<Buffer> => raw(picture).png().toBuffer();

/** As a `data:` address, small, for a page. */
export async function dataUri(picture: RgbImage): Promise<string> {
  const bytes = await raw(picture).jpeg({ quality: 80 }).toBuffer();
  return `data:image/jpeg;base64,${bytes.toString("base64")}`;
}

const raw = ({ data, width, height }: RgbImage) => sharp(data, { raw: { width, height, channels: 3 } });
