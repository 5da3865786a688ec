/** Maps over a face. */
import { h } from "../dom.ts";
import type { Map2D } from "../model/engine.ts";

const side = 288;

/** The face with a map over it, from its smallest value to its largest. */
export function drawMap(face: string, map: Map2D): Promise<HTMLCanvasElement> {
  const low = Math.min(...map.data);
  const range = Math.max(...map.data) - low || 1;
  return draw(face, map, (i) => (map.data[i] - low) / range);
}

/** The face with only the given patches lit, the first the most. */
export function drawPatches(face: string, grid: Map2D, patches: readonly number[]): Promise<HTMLCanvasElement> {
  const strength = new Map(patches.map((patch, rank) => [patch, 1 - (0.65 * rank) / patches.length]));
  return draw(face, grid, (i) => strength.get(i) ?? 0);
}

async function draw(
  face: string,
  { width, height }: Map2D,
  shareOf: (i: number) => number,
): Promise<HTMLCanvasElement> {
  const canvas = h("canvas", { width: side, height: side });
  const context = canvas.getContext("2d");
  if (context === null) return canvas;
  const image = h("img", { src: face });
  await image.decode();
  context.filter = "grayscale(1) brightness(0.75)";
  context.drawImage(image, 0, 0, side, side);
  context.filter = "none";
  for (let i = 0; i < width * height; i++) {
    context.fillStyle = `rgb(255 180 40 / ${0.75 * shareOf(i)})`;
    const [x, y] = [i % width, Math.floor(i / width)];
    const [left, top] = [Math.round((x * side) / width), Math.round((y * side) / height)];
    const [right, bottom] = [Math.round(((x + 1) * side) / width), Math.round(((y + 1) * side) / height)];
    context.fillRect(left, top, right - left, bottom - top);
  }
  return canvas;
}
