/** Expression recognition independent of the platform: decoding, face detection, alignment and classification. */

import { towerPixels } from "../clip/preprocess.ts";
import { meanAnswer } from "../evaluation/calibration.ts";
import type { Explainer, FaceExplanation } from "../method/explain/explainer.ts";
import type { ModelDescription } from "../method/model.ts";
import type { RgbImage } from "../pictures/image.ts";
import { Limiter } from "../platform/async.ts";
import { MpaError } from "../platform/errors.ts";
import { Lifetime } from "../platform/lifetime.ts";
import { checkOptionNames } from "../platform/options/parse.ts";
import { usualUnsureBelow } from "./answerText.ts";
import { alignCrop, alignFace, type FaceBox, fiveCrops, type Landmarks, wholeLandmarks } from "./face.ts";
import type { FacePrediction, PredictOptions, PreparedPicture } from "./prediction.ts";
import type { RecognizerParts } from "./recognizerParts.ts";

export type { ModelDescription } from "../method/model.ts";
export type { FacePrediction, PredictOptions, PreparedPicture } from "./prediction.ts";
export { type FaceReadingOptions, modelParts, type RecognizerParts } from "./recognizerParts.ts";

const predictOptionNames = [
  "detect",
  "landmarks",
  "smallestFace",
  "turned",
  "signal",
] as const satisfies readonly (keyof PredictOptions)[];

/**
 * Pictures that are decoded and searched at the same time, one while the other is decoded; each takes as much memory as its
 * pixels.
 */
export const maxPicturesInWork = 2;

/**
 * Finds and reads faces. `dispose` it when done, or hold it with `using`. However many calls there are at once,
 * `maxPicturesInWork` pictures are in work; the others wait in the order of the calls, still encoded.
 */
export class Recognizer<Image> {
  readonly model: ModelDescription;
  /** @internal least probability of a label with `confident: true` */
  readonly unsureBelow: number;
  readonly #parts: RecognizerParts<Image>;
  readonly #lifetime = new Lifetime("the recognizer", () => this.#free());
  readonly #turns = new Limiter(maxPicturesInWork);
  #explainer: Promise<Explainer> | undefined;

  /**
   * Takes ownership of the components; use `ExpressionRecognizer.load` instead.
   *
   * @internal
   */
  constructor(parts: RecognizerParts<Image>) {
    this.model = parts.model;
    this.unsureBelow = parts.unsureBelow ?? usualUnsureBelow;
    this.#parts = parts;
  }

  /**
   * The faces of one picture, from top to bottom. Throws IMAGE for a picture that cannot be read, USAGE for what is none, for unknown
   * options and after `dispose`, or the signal's reason, also while it waits for its turn.
   */
  predict(image: Image, options: PredictOptions = {}): Promise<readonly FacePrediction[]> {
    return this.#inTurn(options, async () => {
      const [faces] = await this.#classify([await this.#prepare(image, options)], options.signal);
      return faces;
    });
  }

  /** Decodes a picture and finds its faces. What it gives is small, however large the picture was. Throws as `predict`. */
  prepare(image: Image, options: PredictOptions = {}): Promise<PreparedPicture> {
    return this.#inTurn(options, () => this.#prepare(image, options));
  }

  /**
   * `prepare` of a picture that is decoded already, whose pixels are not copied: they must stay until the promise is settled.
   *
   * @internal
   */
  prepareDecoded(picture: RgbImage, options: PredictOptions = {}): Promise<PreparedPicture> {
    return this.#inTurn(options, () => this.#prepareDecoded(picture, options));
  }

  /** The expressions of the faces of several pictures, in full batches; the answer has a list of faces a picture. */
  classify(pictures: readonly PreparedPicture[], signal?: AbortSignal): Promise<FacePrediction[][]> {
    return this.#lifetime.use(() => this.#classify(pictures, signal));
  }

  /** Explains a class in one face, counted as `predict` does. Throws USAGE where there is no such face or class. */
  explain({ faces }: PreparedPicture, face: number, target: string): Promise<FaceExplanation> {
    return this.#lifetime.use(async () => {
      const { classes } = this.model;
      const index = classes.indexOf(target);
      if (index < 0)
        throw new MpaError("USAGE", `there is no class ${target}`, { fix: `name one of ${classes.join(", ")}` });
      const pixels = faces[face]?.pixels;
      if (pixels === undefined)
        throw new MpaError("USAGE", "the picture has no such face", { fix: "count as predict does" });
      return (await this.#openExplainer()).explainPixels(pixels, { target: index });
    });
  }

  /** Frees what the runtime holds, after the calls that are under way or wait; a second call waits for the same end. */
  dispose(): Promise<void> {
    return this.#lifetime.dispose();
  }

  /** Starts to free what the runtime holds; `await using` waits for the end of it. */
  [Symbol.dispose](): void {
    void this.dispose();
  }

  /** `dispose`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** Work on a picture, of which few are held at a time. */
  #inTurn<Result>(options: PredictOptions, work: () => Promise<Result>): Promise<Result> {
    return this.#lifetime.use(async () => {
      checkOptionNames("predict", predictOptionNames, options, "PredictOptions of a recognizer");
      return await this.#turns.run(work, options.signal);
    });
  }

  async #prepare(image: Image, options: PredictOptions): Promise<PreparedPicture> {
    return this.#prepareDecoded(await this.#parts.decode(image, options.signal), options);
  }

  async #prepareDecoded(
    picture: RgbImage,
    { detect = true, landmarks, ...how }: PredictOptions,
  ): Promise<PreparedPicture> {
    const { width, height } = picture.original ?? picture;
    const size = { width, height, ...(picture.original && { scale: picture.width / width }) };
    if (landmarks !== undefined) {
      return { ...size, faces: [{ box: boxAround(landmarks), landmarks, ...this.#cropsOf(picture, landmarks) }] };
    }
    if (!detect) return { ...size, faces: [{ box: [0, 0, width, height], ...this.#cropsOf(picture) }] };
    const found = await this.#parts.detector.detect(picture, how);
    const faces = found.map(({ box, score, landmarks }) => ({
      ...{ box, detection: score, landmarks },
      ...this.#cropsOf(picture, landmarks),
    }));
    return { ...size, faces };
  }

  /** The encoder's inputs for a face; without landmarks the picture is the face. */
  #cropsOf(picture: RgbImage, landmarks?: Landmarks): Pick<PreparedPicture["faces"][number], "pixels" | "otherCrops"> {
    const { preprocess, careful } = this.#parts;
    const usual = landmarks === undefined ? picture : alignFace(picture, { landmarks });
    const pixels = towerPixels(usual, preprocess);
    if (!careful) return { pixels };
    const face = { landmarks: landmarks ?? wholeLandmarks(picture.original ?? picture) };
    const [, ...others] = fiveCrops;
    return { pixels, otherCrops: others.map((crop) => towerPixels(alignCrop(picture, face, crop), preprocess)) };
  }

  async #classify(pictures: readonly PreparedPicture[], signal?: AbortSignal): Promise<FacePrediction[][]> {
    const { classifier, model } = this.#parts;
    const width = model.classes.length;
    const crops = pictures.flatMap(({ faces }) =>
      faces.flatMap(({ pixels, otherCrops = [] }) => [pixels, ...otherCrops]),
    );
    const rows: Float32Array[] = [];
    for (let start = 0; start < crops.length; start += classifier.batch) {
      signal?.throwIfAborted();
      const batch = crops.slice(start, start + classifier.batch);
      const found = await classifier.classify(joined(batch), batch.length);
      rows.push(...batch.map((_, i) => found.subarray(i * width, (i + 1) * width)));
    }
    return pictures.map(({ faces }) =>
      faces.map((face) => {
        const row = meanAnswer(rows.splice(0, 1 + (face.otherCrops?.length ?? 0)));
        return predictionOf(face, model.classes, row, this.unsureBelow);
      }),
    );
  }

  async #free(): Promise<void> {
    const explainer = await this.#explainer?.catch(() => undefined);
    await Promise.all([this.#parts.classifier.dispose(), this.#parts.detector.dispose(), explainer?.dispose()]);
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
  unsureBelow: number,
): FacePrediction {
  const best = row.indexOf(Math.max(...row));
  return {
    box,
    score: row[best],
    label: classes[best],
    confident: row[best] >= unsureBelow,
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
