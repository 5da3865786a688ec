/** What speaks for a class in a face, shown when it is asked for. */
import type { FacePrediction } from "../../recognise/recognizer.ts";
import { button, h } from "../dom.ts";
import type { Explanation } from "../model/engine.ts";
import { drawMap, drawPatches } from "./heat.ts";

export function evidence(face: FacePrediction, explain: (target: string) => Promise<Explanation>): HTMLElement {
  const classes = Object.keys(face.probabilities);
  const maps = h("div", { class: "maps" });
  const status = h("p", { role: "status", class: "faint" });
  const show = async (target: string) => {
    status.textContent = `Looking for what speaks for ${target}…`;
    try {
      const found = await explain(target);
      maps.replaceChildren(...(await Promise.all(figures(found, target))));
      status.textContent = "";
    } catch (error) {
      status.textContent = error instanceof Error ? error.message : String(error);
    }
  };
  const options = classes.map((name) => h("option", { selected: name === face.label }, name));
  const choice = h("select", { "aria-label": "class to look for" }, ...options);
  choice.addEventListener("change", () => void show(choice.value));
  const body = h("div", {}, h("div", { class: "row" }, h("span", {}, "What speaks for"), choice), maps, status);
  body.hidden = true;
  const open = button(
    "Show what speaks for it",
    () => {
      body.hidden = !body.hidden;
      open.setAttribute("aria-expanded", String(!body.hidden));
      if (!body.hidden && maps.childElementCount === 0) void show(choice.value);
    },
    { class: "quiet", "aria-expanded": "false" },
  );
  return h("div", {}, open, body);
}

const figures = ({ face, patches, similarity, saliency }: Explanation, target: string) => [
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
