/** Explanation of a class's score for one face, computed on demand. */

import type { FacePrediction } from "../../../faces/recognizer.ts";
import type { PlainExplanation, PlainMap } from "../../../method/explain/plain.ts";
import { button, h } from "../dom.ts";

const side = 288;

/** Draws the face with a heat map, scaled from its minimum to its maximum. */
export function drawMap(face: string, map: PlainMap): Promise<HTMLCanvasElement> {
  const low = Math.min(...map.data);
  const range = Math.max(...map.data) - low || 1;
  return draw(face, map, (i) => (map.data[i] - low) / range);
}

/** Draws the face with only the given patches lit, in descending order of brightness. */
export function drawPatches(face: string, grid: PlainMap, patches: readonly number[]): Promise<HTMLCanvasElement> {
  const strength = new Map(patches.map((patch, rank) => [patch, 1 - (0.65 * rank) / patches.length]));
  return draw(face, grid, (i) => strength.get(i) ?? 0);
}

async function draw(
  face: string,
  { width, height }: PlainMap,
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

export function evidence(face: FacePrediction, explain: (target: string) => Promise<PlainExplanation>): HTMLElement {
  const classes = Object.keys(face.probabilities);
  const maps = h("div", { class: "maps" });
  const status = h("p", { role: "status", class: "faint" });
  const show = async (target: string) => {
    status.textContent = `Explaining ${target}…`;
    try {
      const found = await explain(target);
      maps.replaceChildren(...(await Promise.all(figures(found, target))));
      status.textContent = "";
    } catch (error) {
      status.textContent = error instanceof Error ? error.message : String(error);
    }
  };
  const options = classes.map((name) => h("option", { selected: name === face.label }, name));
  const choice = h("select", { "aria-label": "class to explain" }, ...options);
  choice.addEventListener("change", () => void show(choice.value));
  const body = h("div", {}, h("div", { class: "row" }, h("span", {}, "Evidence for"), choice), maps, status);
  body.hidden = true;
  const open = button(
    "Explain",
    () => {
      body.hidden = !body.hidden;
      open.setAttribute("aria-expanded", String(!body.hidden));
      if (!body.hidden && maps.childElementCount === 0) void show(choice.value);
    },
    { class: "quiet", "aria-expanded": "false" },
  );
  return h("div", {}, open, body);
}

const figures = ({ face, patches, similarity, saliency }: PlainExplanation, target: string) => [
  figure(
    drawPatches(face, similarity, patches),
    `The ${patches.length} patches nearest to the text of ${target}, the best the strongest`,
  ),
  figure(drawMap(face, similarity), `Every patch: the lighter, the nearer to the text of ${target}`),
  figure(drawMap(face, saliency), `Saliency: where the answer ${target} changes most with a pixel`),
];

async function figure(canvas: Promise<HTMLCanvasElement>, caption: string): Promise<HTMLElement> {
  const drawn = await canvas;
  drawn.setAttribute("role", "img");
  drawn.setAttribute("aria-label", caption);
  return h("figure", {}, drawn, h("figcaption", {}, caption));
}
