/** Images of an explanation: PNG files in its folder, and thumbnails of the first faces for its report. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FaceExplanation } from "../../method/explain/explainer.ts";
import type { RgbImage } from "../../pictures/image.ts";
import {
  dataUri,
  type ExplainedFacePictures,
  enlarge,
  overlay,
  patchStrength,
  png,
  saliencyStrength,
  shownSide,
} from "../report/faceFigure.ts";
import type { Face } from "./faces.ts";
import type { ExplainedModel } from "./models.ts";

/** Maximum number of faces in a report, which limits its size. */
const shownFaces = 12;

/** Writer of an explanation's images. */
export class ExplainDrawing {
  readonly #folder: string;
  readonly #faces: readonly Face[];
  readonly #shown: { -readonly [K in keyof ExplainedFacePictures]: ExplainedFacePictures[K] }[] = [];

  /** Files go to `folder`, as faces/NNN/picture.png, faces/NNN/MODEL/gradient.png and so on. */
  constructor(folder: string, faces: readonly Face[]) {
    this.#folder = folder;
    this.#faces = faces;
  }

  /** Thumbnails of the first faces and their maps. */
  get shown(): readonly ExplainedFacePictures[] {
    return this.#shown;
  }

  async add(index: number, explained: ExplainedModel, explanation: FaceExplanation): Promise<void> {
    const { model, name } = explained;
    const { face: picture } = explanation;
    const maps = await draw(explanation, model.classes);
    const own = join(this.#folder, faceFolder(index));
    const folder = join(own, safeName(name));
    await mkdir(folder, { recursive: true });
    await writeFile(join(own, "picture.png"), await png(await enlarge(picture, shownSide(picture.width))));
    for (const [file, map] of Object.entries(maps)) await writeFile(join(folder, `${file}.png`), await png(map));
    if (index < shownFaces) await this.#show(index, explained, explanation, maps);
  }

  async #show(
    index: number,
    { name, model: { classes } }: ExplainedModel,
    { face, target, probabilities, patches }: FaceExplanation,
    { gradient, smoothgrad, ...others }: Maps,
  ): Promise<void> {
    const { file, label } = this.#faces[index];
    this.#shown[index] ??= {
      file,
      label,
      picture: await dataUri(await enlarge(face, shownSide(face.width))),
      answers: [],
    };
    const best = await Promise.all(
      classes.map(async (each, c) => {
        const map = await dataUri(others[patchesFile(c, each)]);
        return { name: each, best: patches[c].scores[0], picture: map };
      }),
    );
    const answer = {
      ...{ model: name, predicted: classes[target], probability: probabilities[target] },
      gradient: await dataUri(gradient),
      ...(smoothgrad && { smoothGrad: await dataUri(smoothgrad) }),
      patches: best,
    };
    this.#shown[index].answers = [...this.#shown[index].answers, answer];
  }
}

/** Folder of a face. Faces are numbered from 1, in the order of `explain.json`. */
export const faceFolder = (index: number): string => join("faces", String(index + 1).padStart(3, "0"));

/** Name as a path component: characters that are unsafe in file names become dashes. */
export const safeName = (name: string): string => name.replace(/[^\p{L}\p{N}+_-]+/gu, "-");

interface Maps extends Readonly<Record<string, RgbImage>> {
  readonly gradient: RgbImage;
}

const patchesFile = (c: number, name: string): string => `patches-${c}-${safeName(name)}`;

async function draw(explanation: FaceExplanation, classes: readonly string[]): Promise<Maps> {
  const { face, saliency, smoothGrad, similarity, patches } = explanation;
  const maps: Record<string, RgbImage> = {};
  if (smoothGrad) maps.smoothgrad = await overlay(face, saliencyStrength(smoothGrad));
  for (const [c, name] of classes.entries()) {
    maps[patchesFile(c, name)] = await overlay(face, patchStrength(patches[c], similarity[c]));
  }
  return { ...maps, gradient: await overlay(face, saliencyStrength(saliency)) };
}
