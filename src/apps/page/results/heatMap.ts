/** Heat maps of an explanation as transparent layers over the face. */
import type { PlainExplanation, PlainMap } from "../../../method/explain/plain.ts";

/** A layer: one strength from 0 to 1 for each cell. */
export interface Layer {
  readonly width: number;
  readonly height: number;
  readonly strengths: readonly number[];
  /** whether cells are patches, whose edges stay sharp */
  readonly hasPatches: boolean;
}

/** The patches of an explanation that are nearest to the text of the class, in descending order of strength. */
export function patchLayer({ similarity: { width, height }, patches }: PlainExplanation): Layer {
  const ranks = new Map(patches.map((patch, rank) => [patch, 1 - (0.65 * rank) / patches.length]));
  const strengths = Array.from({ length: width * height }, (_, i) => ranks.get(i) ?? 0);
  return { width, height, strengths, hasPatches: true };
}

/** A map, scaled from its minimum to its maximum. */
export function mapLayer({ width, height, data }: PlainMap, hasPatches: boolean): Layer {
  const low = data.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = data.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return { width, height, strengths: data.map((value) => (value - low) / (high - low || 1)), hasPatches };
}

/** Colours from weak to strong, RGB; style/results.css has the same for the legend. */
const ramp = [
  [66, 10, 104],
  [187, 55, 84],
  [249, 142, 9],
  [252, 255, 164],
] as const;

/** Colour of a strength, RGBA from 0 to 255: stronger cells hide more of the face. */
export function colourOf(strength: number): readonly [number, number, number, number] {
  const place = Math.min(1, Math.max(0, strength)) * (ramp.length - 1);
  const below = Math.min(ramp.length - 2, Math.floor(place));
  const mix = (channel: 0 | 1 | 2) => {
    const [from, to] = [ramp[below][channel], ramp[below + 1][channel]];
    return Math.round(from + (place - below) * (to - from));
  };
  return [mix(0), mix(1), mix(2), Math.round(255 * Math.sqrt(Math.min(1, Math.max(0, strength))))];
}

/** Draws a layer, one pixel a cell; the style sheet enlarges it. */
export function drawLayer(canvas: HTMLCanvasElement, { width, height, strengths }: Layer): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  [canvas.width, canvas.height] = [width, height];
  const image = context.createImageData(width, height);
  for (const [i, strength] of strengths.entries()) image.data.set(colourOf(strength), 4 * i);
  context.putImageData(image, 0, 0);
}
