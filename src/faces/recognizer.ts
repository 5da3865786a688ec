/** Expression recognition independent of the platform: decoding, face detection, alignment and classification. */

import { type ClipPreprocess, towerPixels } from "../clip/preprocess.ts";
import type { Classifier } from "../method/classifier.ts";
import type { Explainer, FaceExplanation } from "../method/explain/explainer.ts";
import type { Model, ModelDescription } from "../method/model.ts";
import type { RgbImage } from "../pictures/image.ts";
import { MpaError } from "../platform/errors.ts";
import type { FaceDetector } from "./detector.ts";
import { alignFace, type FaceBox, type Landmarks } from "./face.ts";

export type { ModelDescription } from "../method/model.ts";

/** A face with its predicted expression. */
export interface FacePrediction {
  /** [x, y, width, height] in pixels of the upright image */
  readonly box: FaceBox;
  /** probability of the predicted class */
  readonly score: number;
  readonly label: string;
  readonly probabilities: Readonly<Record<string, number>>;
  /** confidence of the face detector; absent if detection was off */
  readonly detection?: number;
  /** absent if detection was off */
  readonly landmarks?: Landmarks;
}

/** Components of a recognizer. */
export interface RecognizerParts<Image> {
  readonly model: ModelDescription;
  readonly preprocess: ClipPreprocess;
  readonly classifier: Classifier;
  readonly detector: FaceDetector;
  /** Decodes an image to upright sRGB pixels. Throws IMAGE. */
  decode(image: Image, signal?: AbortSignal): Promise<RgbImage>;
  /** Called for the first explanation; without it `explain` throws USAGE. */
  openExplainer?(): Promise<Explainer>;
}

/** Creates the model-dependent components; `batch` and `soon` are those of `Model.open`. */
export async function modelParts(
  model: Model,
  batch: number,
  how?: { readonly soon: boolean },
): Promise<Omit<RecognizerParts<unknown>, "detector" | "decode">> {
  return {
    ...{ model: model.description, preprocess: model.preprocess },
    classifier: await model.open(batch, how),
    openExplainer: () => model.openExplainer(),
  };
}

/** Options of a prediction. */
export interface PredictOptions {
  /** default true; false treats the image as one aligned face */
  readonly detect?: boolean;
  /** landmarks of a known face from an earlier prediction; only that face is classified, without detection */
  readonly landmarks?: Landmarks;
  readonly signal?: AbortSignal;
}

/** The preprocessed faces of one image, independent of the decoded image. */
export interface PreparedPicture {
  readonly width: number;
  readonly height: number;
  readonly faces: readonly (Pick<FacePrediction, "box" | "detection" | "landmarks"> & {
    /** [3, S, S] */
    readonly pixels: Float32Array;
  })[];
}

/** Recognizes facial expressions. Call `dispose` when done, or declare it with `using`. */
export class Recognizer<Image> {
  readonly model: ModelDescription;
  readonly #parts: RecognizerParts<Image>;
  #explainer: Promise<Explainer> | undefined;

  /**
   * Takes ownership of the components; use `ExpressionRecognizer.load` instead.
   *
   * @internal
   */
  constructor(parts: RecognizerParts<Image>) {
    this.model = parts.model;
    this.#parts = parts;
  }

  /** Predicts the expressions of the faces in one image, sorted from top to bottom. Throws IMAGE, or the signal's reason on abort. */
  async predict(image: Image, options: PredictOptions = {}): Promise<readonly FacePrediction[]> {
    const [faces] = await this.classify([await this.prepare(image, options)], options.signal);
    return faces;
  }

  /** Decodes an image and aligns its faces. The result is small regardless of the image size. Throws as `predict` does. */
  async prepare(image: Image, { detect = true, landmarks, signal }: PredictOptions = {}): Promise<PreparedPicture> {
    signal?.throwIfAborted();
    const { decode, detector, preprocess } = this.#parts;
    const picture = await decode(image, signal);
    const { width, height } = picture;
    if (landmarks !== undefined) {
      const pixels = towerPixels(alignFace(picture, { landmarks }), preprocess);
      return { width, height, faces: [{ box: boxAround(landmarks), landmarks, pixels }] };
    }
    if (!detect)
      return { width, height, faces: [{ box: [0, 0, width, height], pixels: towerPixels(picture, preprocess) }] };
    const found = await detector.detect(picture, { signal });
    const faces = found.map(({ box, score, landmarks }) => ({
      ...{ box, detection: score, landmarks },
      pixels: towerPixels(alignFace(picture, { landmarks }), preprocess),
    }));
    return { width, height, faces };
  }

  /** Classifies the faces of several images in shared batches, and returns one list of predictions per image. */
  async classify(pictures: readonly PreparedPicture[], signal?: AbortSignal): Promise<FacePrediction[][]> {
    const { classifier, model } = this.#parts;
    const width = model.classes.length;
    const faces = pictures.flatMap((picture) => picture.faces);
    const answers: FacePrediction[] = [];
    for (let start = 0; start < faces.length; start += classifier.batch) {
      signal?.throwIfAborted();
      const batch = faces.slice(start, start + classifier.batch);
      const rows = await classifier.classify(joined(batch.map(({ pixels }) => pixels)), batch.length);
      answers.push(
        ...batch.map((face, i) => predictionOf(face, model.classes, rows.subarray(i * width, (i + 1) * width))),
      );
    }
    return pictures.map((picture) => answers.splice(0, picture.faces.length));
  }

  /** Explains a class for one face, indexed as in the result of `predict`. Throws USAGE for an unknown face or class. */
  async explain({ faces }: PreparedPicture, face: number, target: string): Promise<FaceExplanation> {
    const { classes } = this.model;
    const index = classes.indexOf(target);
    if (index < 0)
      throw new MpaError("USAGE", `there is no class ${target}`, { fix: `name one of ${classes.join(", ")}` });
    const pixels = faces[face]?.pixels;
    if (pixels === undefined)
      throw new MpaError("USAGE", "the picture has no such face", { fix: "count as predict does" });
    return (await this.#openExplainer()).explainPixels(pixels, { target: index });
  }

  /** Releases the runtime's resources. */
  async dispose(): Promise<void> {
    const explainer = await this.#explainer?.catch(() => undefined);
    await Promise.all([this.#parts.classifier.dispose(), this.#parts.detector.dispose(), explainer?.dispose()]);
  }

  /** Starts `dispose` without waiting for it, for `using`. */
  [Symbol.dispose](): void {
    void this.dispose();
  }

  /** `dispose`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #openExplainer(): Promise<Explainer> {
    const { openExplainer } = this.#parts;
    if (openExplainer === undefined)
      throw new MpaError("USAGE", "this recognizer was put together without an explainer");
    this.#explainer ??= openExplainer().catch((error) => {
      // Allow the next call to retry.
      this.#explainer = undefined;
      throw error;
    });
    return this.#explainer;
  }
}

function predictionOf(
  { box, detection, landmarks }: PreparedPicture["faces"][number],
  classes: readonly string[],
  row: Float32Array,
): FacePrediction {
  const best = row.indexOf(Math.max(...row));
  return {
    box,
    score: row[best],
    label: classes[best],
    probabilities: Object.fromEntries(classes.map((name, c) => [name, row[c]])),
    ...(detection !== undefined && { detection }),
    ...(landmarks !== undefined && { landmarks }),
  };
}

/** The smallest box that holds the landmarks. */
function boxAround(landmarks: Landmarks): FaceBox {
  const [xs, ys] = [landmarks.map(([x]) => x), landmarks.map(([, y]) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return [left, top, Math.max(...xs) - left, Math.max(...ys) - top];
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
