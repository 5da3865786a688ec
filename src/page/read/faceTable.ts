/** The probabilities of one face. */
import type { FacePrediction } from "../../recognise/recognizer.ts";
import { h } from "../dom.ts";

/** Rows in the model's order of classes, so that faces can be compared; `more` stands below. */
export function faceTable(face: FacePrediction, index: number, more?: HTMLElement): HTMLElement {
  const rows = Object.entries(face.probabilities).map(([name, share]) =>
    h(
      "tr",
      { class: name === face.label ? "first" : undefined },
      h("th", { scope: "row" }, name),
      h("td", {}, h("meter", { value: share, "aria-label": name })),
      h("td", { class: "number" }, `${(100 * share).toFixed(1)} %`),
    ),
  );
  return h(
    "section",
    { class: "face", "aria-label": `Face ${index + 1}` },
    h("h4", {}, `Face ${index + 1}: ${face.label}`),
    h("table", { class: "shares" }, h("tbody", {}, ...rows)),
    more,
  );
}
