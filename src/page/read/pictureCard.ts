/** One picture and what is read in it. */
import type { FacePrediction } from "../../recognise/recognizer.ts";
import { button, h } from "../dom.ts";
import type { Session } from "../model/session.ts";
import { boxes } from "./boxes.ts";
import { evidence } from "./evidence.ts";
import { faceTable } from "./faceTable.ts";

export interface PictureCard {
  readonly element: HTMLElement;
  /** Reads the picture; gives a line that says what came of it. */
  read(): Promise<string>;
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
    },
    { "aria-label": `Remove ${file.name}` },
  );
  const element = h(
    "article",
    { class: "card", "aria-label": file.name },
    h("div", { class: "row" }, h("h3", {}, file.name), remove),
    h("div", { class: "answer" }, seen, faces),
  );
  const read = async (): Promise<string> => {
    try {
      const engine = await session.engine();
      const found = await engine.predict(file);
      await image.decode();
      const size = { width: image.naturalWidth, height: image.naturalHeight };
      seen.append(boxes(found, size));
      faces.replaceChildren(
        ...found.map((face, i) =>
          faceTable(
            face,
            i,
            evidence(face, (target) => engine.explain(file, i, target)),
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
  return { element, read };
}

/** For whoever does not see the boxes. */
export function summary(faces: readonly FacePrediction[]): string {
  if (faces.length === 0) return "no face was found.";
  const each = faces.map(({ label, score }) => `${label} ${Math.round(100 * score)} %`);
  return `${faces.length === 1 ? "1 face" : `${faces.length} faces`}: ${each.join(", ")}.`;
}
