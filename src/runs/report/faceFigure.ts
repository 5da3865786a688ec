/** Figure of a face with each model's maps (paper, Figure 3). */
import sharp from "sharp";
import type { TopPatches } from "../../method/explain/explainer.ts";
import type { HeatMap } from "../../method/explain/saliency.ts";
import type { RgbImage } from "../../pictures/image.ts";
import { html, type Markup } from "./page.ts";

/** Images of an explained face; all are `data:` URLs. */
export interface ExplainedFacePictures {
  readonly file: string;
  /** true class, if known */
  readonly label?: string;
  readonly picture: string;
  readonly answers: readonly {
    readonly model: string;
    readonly predicted: string;
    readonly probability: number;
    readonly gradient: string;
    readonly smoothGrad?: string;
    /** patch map of each class, with its largest cosine similarity */
    readonly patches: readonly { readonly name: string; readonly best: number; readonly picture: string }[];
  }[];
}

/** Renders the figure. */
export function faceFigure({ file, label, picture, answers }: ExplainedFacePictures): Markup {
  const truth = label === undefined ? file : html`${label} <span class="faint">${file}</span>`;
  const rows = answers.map((answer) => answerMaps(answer, label));
  return html`<div class="face"><h3>${truth}</h3><div class="answers">${map(picture, "the face as the model sees it", "")}<div>
${rows}</div></div></div>`;
}

/** Opacity of the overlay at each position, from 0 to 1. */
export type Strength = HeatMap;

/** Displayed side of a square picture: the smallest integer multiple of at least `minSide` pixels. */
export const shownSide = (side: number): number => side * Math.max(1, Math.ceil(minSide / side));

/** Strength of a saliency map: values relative to their 99th percentile, which limits outliers (Smilkov et al. 2017). */
export function saliencyStrength(map: HeatMap): Strength {
  const sorted = map.data.toSorted();
  const top = sorted[Math.floor(0.99 * (sorted.length - 1))];
  return { ...map, data: map.data.map((value) => (top > 0 ? Math.min(1, value / top) : 0)) };
}

/** Strength of the k best patches, from 1 for the best to 0.4 for the last; all others are 0. */
export function patchStrength({ indices, scores }: TopPatches, { height, width }: Omit<HeatMap, "data">): Strength {
  const data = new Float32Array(height * width);
  const [best, last] = [scores[0], scores[scores.length - 1]];
  for (const [rank, i] of indices.entries()) {
    data[i] = best === last ? 1 : 0.4 + (0.6 * (scores[rank] - last)) / (best - last);
  }
  return { height, width, data };
}

/** Greyscale picture at its displayed size, overlaid with colour by strength. */
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

/** Resizes a square picture by cubic interpolation. */
export async function enlarge(picture: RgbImage, side: number): Promise<RgbImage> {
  if (picture.width === side) return picture;
  const data = await raw(picture).resize(side, side, { kernel: "cubic", fit: "fill" }).raw().toBuffer();
  return { width: side, height: side, data };
}

/** Encodes a picture as PNG. */
export const png = (picture: RgbImage): Promise<Buffer> => raw(picture).png().toBuffer();

/** Encodes a picture as a JPEG `data:` URL. */
export async function dataUri(picture: RgbImage): Promise<string> {
  const bytes = await raw(picture).jpeg({ quality: 80 }).toBuffer();
  return `data:image/jpeg;base64,${bytes.toString("base64")}`;
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

/** Overlay colour, RGB: orange, visible on any shade of grey. */
const colour = [255, 110, 0] as const;
/** Maximum opacity, which keeps the face visible. */
const cover = 0.85;
/** Minimum side of a displayed picture, pixels. */
const minSide = 192;

const raw = ({ data, width, height }: RgbImage) => sharp(data, { raw: { width, height, channels: 3 } });
