/** Card of one picture with its predictions. */

import { answerText, labelText } from "../../../faces/answerText.ts";
import type { FacePrediction } from "../../../faces/recognizer.ts";
import type { TrackedFace } from "../../../faces/smooth.ts";
import type { Size } from "../../../pictures/image.ts";
import { button, h, svg } from "../dom.ts";
import type { PictureReading } from "../model/engine.ts";
import type { Session } from "../model/pageSession.ts";
import { evidence } from "./evidence.ts";

/** A face of a picture or, with its number, of a camera. */
type ShownFace = FacePrediction & Partial<Pick<TrackedFace, "track">>;

/** SVG overlay in pixels of the picture: a numbered box with its label for each face. The tables repeat its text. */
export function boxes(faces: readonly ShownFace[], { width, height }: Size): SVGSVGElement {
  const letters = Math.max(width, height) / 32;
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    ...faces.flatMap((face, i) => {
      const [x, y, w, h] = face.box;
      const label = labelText(face);
      const frame = { x, y, width: w, height: h };
      const above = y > 1.4 * letters ? y - 0.4 * letters : Math.min(height - 0.3 * letters, y + h + letters);
      const text = { x: Math.min(x, width - 6 * letters), y: above, "font-size": letters };
      return [
        svg("rect", { ...frame, class: "under" }),
        svg("rect", frame),
        svg("text", text, faces.length > 1 ? `${face.track ?? i + 1} ${label}` : label),
      ];
    }),
  );
}

/** Table of the probabilities of one face, in the model's order of classes so that faces compare; `more` is shown below. */
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
    h("h4", {}, `Face ${index + 1}: ${labelText(face)}`),
    h("table", { class: "shares" }, h("tbody", {}, ...rows)),
    more,
  );
}

export interface PictureCard {
  readonly element: HTMLElement;
  /** Reads the picture and returns a summary for the status line. */
  read(): Promise<string>;
  /** Frees what the engine has cached for this picture. */
  forget(): void;
}

export function pictureCard(file: File, session: Session): PictureCard {
  const image = h("img", { alt: file.name, src: URL.createObjectURL(file) });
  const seen = h("div", { class: "seen" }, image);
  const faces = h("div", {}, h("p", { class: "faint" }, "Waiting…"));
  const remove = button(
    "Remove",
    () => {
      URL.revokeObjectURL(image.src);
      element.remove();
      forget();
    },
    { "aria-label": `Remove ${file.name}` },
  );
  const element = h(
    "article",
    { class: "card", "aria-label": file.name },
    h("div", { class: "row" }, h("h3", {}, file.name), remove),
    h("div", { class: "answer" }, seen, faces),
  );
  let reading: PictureReading | undefined;
  let isForgotten = false;
  const forget = () => {
    isForgotten = true;
    reading?.forget();
  };
  const read = async (): Promise<string> => {
    try {
      const own = await (await session.engine()).read(file);
      reading = own;
      // The card was removed or replaced while the picture was read.
      if (isForgotten) own.forget();
      const found = own.faces;
      await image.decode();
      const size = { width: image.naturalWidth, height: image.naturalHeight };
      seen.append(boxes(found, size));
      faces.replaceChildren(
        ...found.map((face, i) =>
          faceTable(
            face,
            i,
            evidence(face, (target) => own.explain(i, target)),
          ),
        ),
      );
      if (found.length === 0) faces.replaceChildren(h("p", {}, "No face was found."));
      return `${file.name}: ${summary(found)}`;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      faces.replaceChildren(h("p", { class: "bad" }, message));
      return `${file.name}: ${message}`;
    }
  };
  return { element, read, forget };
}

/** Alternative text for readers who do not see the boxes. */
export function summary(faces: readonly FacePrediction[]): string {
  if (faces.length === 0) return "no face was found.";
  const each = faces.map(answerText);
  return `${faces.length === 1 ? "1 face" : `${faces.length} faces`}: ${each.join(", ")}.`;
}
