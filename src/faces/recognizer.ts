/** From a picture to the expressions in it: what Node and the browser share. Decoder, detector and classifier are given. */

import { type ClipPreprocess, preprocess } from "../clip/preprocess.ts";
import type { Classifier } from "../method/classifier.ts";
import type { RgbImage } from "../pictures/image.ts";
import type { FaceDetector } from "./detector.ts";
import { alignFace, type DetectedFace, type FaceBox, type Landmarks } from "./face.ts";

/** One face and its expression (CONTRACT.md, Answers). */
export interface FacePrediction {
  /** [x, y, width, height] in pixels of the upright photograph */
  readonly box: FaceBox;
  /** the largest probability */
  readonly score: number;
  readonly label: string;
  readonly probabilities: Readonly<Record<string, number>>;
  /** how sure the detector is that this is a face; absent where the picture was taken as one face */
  readonly detection?: number;
  /** absent where the picture was taken as one face */
  readonly landmarks?: Landmarks;
}

/** Which model answers. */
export interface ModelDescription {
  /** in the order of the probabilities */
  readonly classes: readonly string[];
  readonly backbone: { readonly name: string; readonly sha256: string };
  /** file name of the trained prompts; absent for zero-shot */
  readonly checkpoint?: string;
}

/** What a recogniser is put together from. */
export interface RecognizerParts<Image> {
  readonly model: ModelDescription;
  readonly preprocess: ClipPreprocess;
  readonly classifier: Classifier;
  readonly detector: FaceDetector;
  /** Upright sRGB pixels. Throws IMAGE. */
  decode(image: Image, signal?: AbortSignal): Promise<RgbImage>;
}

/** How one picture is read. */
export interface PredictOptions {
  /** false: the picture is one aligned face; default true */
  readonly detect?: boolean;
  readonly signal?: AbortSignal;
}

/** The faces of one picture, ready for the classifier; the picture itself is no longer needed. */
export interface PreparedPicture {
  readonly width: number;
  readonly height: number;
  readonly faces: readonly PreparedFace[];
}

interface PreparedFace {
  readonly box: FaceBox;
  readonly found?: DetectedFace;
  /** [3, S, S] */
  readonly pixels: Float32Array;
}

/** Finds and reads faces. `dispose` it when done, or hold it with `using`. */
export class Recognizer<Image> {
  readonly model: ModelDescription;
  readonly #parts: RecognizerParts<Image>;

  /** `ExpressionRecognizer.load` puts the parts together; give them here to replace one. They are disposed of with it. */
  constructor(parts: RecognizerParts<Image>) {
    this.model = parts.model;
    this.#parts = parts;
  }

  /** The faces of one picture, from top to bottom. Throws IMAGE, or the signal's reason. */
  async predict(image: Image, options: PredictOptions = {}): Promise<readonly FacePrediction[]> {
    const [faces] = await this.classify([await this.prepare(image, options)], options.signal);
    return faces;
  }

  /** Decodes a picture and finds its faces. What it gives is small, however large the picture was. */
  async prepare(image: Image, { detect = true, signal }: PredictOptions = {}): Promise<PreparedPicture> {
    signal?.throwIfAborted();
    const picture = await this.#parts.decode(image, signal);
    const { width, height } = picture;
    if (!detect) return { width, height, faces: [{ box: [0, 0, width, height], pixels: this.#pixels(picture) }] };
    const found = await this.#parts.detector.detect(picture, { signal });
    const faces = found.map((face) => ({ box: face.box, found: face, pixels: this.#pixels(alignFace(picture, face)) }));
    return { width, height, faces };
  }

  /** The expressions of the faces of several pictures, in full batches; the answer has a list of faces a picture. */
  async classify(pictures: readonly PreparedPicture[], signal?: AbortSignal): Promise<FacePrediction[][]> {
    const { classifier } = this.#parts;
    const answers = pictures.map((): FacePrediction[] => []);
    const waiting = pictures.flatMap(({ faces }, picture) => faces.map((face) => ({ face, answer: answers[picture] })));
    for (let start = 0; start < waiting.length; start += classifier.batch) {
      signal?.throwIfAborted();
      const batch = waiting.slice(start, start + classifier.batch);
      const rows = await classifier.classify(joined(batch.map(({ face }) => face.pixels)), batch.length);
      const width = this.model.classes.length;
      for (const [i, { face, answer }] of batch.entries()) {
        answer.push(predictionOf(face, this.model.classes, rows.subarray(i * width, (i + 1) * width)));
      }
    }
    return answers;
  }

  /** Frees what the runtime holds. */
  async dispose(): Promise<void> {
    await Promise.all([this.#parts.classifier.dispose(), this.#parts.detector.dispose()]);
  }

  /** Starts to free what the runtime holds; `await using` waits for the end of it. */
  [Symbol.dispose](): void {
    void this.dispose();
  }

  /** `dispose`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #pixels(face: RgbImage): Float32Array {
    const { imageSize } = this.#parts.preprocess;
    const pixels = new Float32Array(3 * imageSize ** 2);
    preprocess(face, this.#parts.preprocess, pixels, 0);
    return pixels;
  }
}

function predictionOf({ box, found }: PreparedFace, classes: readonly string[], row: Float32Array): FacePrediction {
  const best = row.indexOf(Math.max(...row));
  return {
    box,
    score: row[best],
    label: classes[best],
    probabilities: Object.fromEntries(classes.map((name, c) => [name, row[c]])),
    ...(found !== undefined && { detection: found.score, landmarks: found.landmarks }),
  };
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
