/** The model behind the server: pictures that came together are answered together. */

import sharp from "sharp";
import { denormalise } from "../../clip/preprocess.ts";
import { ExpressionRecognizer, parseRecognizerOptions, type RecognizerOptions } from "../../faces/recognizer.node.ts";
import type { FacePrediction, ModelDescription, PreparedPicture } from "../../faces/recognizer.ts";
import type { Explainer } from "../../method/explain/explainer.ts";
import { openPredictor, type Predictor } from "../../method/model.node.ts";
import type { HeatMap } from "../../method/model.ts";
import type { RgbImage } from "../../pictures/image.ts";
import { type ErrorCode, MpaError, messageOf } from "../../platform/errors.ts";

/* What the server and the process with the model say to each other. */

export interface PictureRequest {
  readonly id: number;
  /** an encoded picture */
  readonly bytes: Uint8Array;
  readonly detect: boolean;
  /** instead of the expressions: what speaks for a class in one face */
  readonly explain?: { readonly face: number; readonly target: string };
}

export interface PlainMap {
  readonly width: number;
  readonly height: number;
  readonly data: readonly number[];
}

/** Why a face is read as it is, in plain numbers. */
export interface PlainExplanation {
  /** what the tower saw, as a data URL */
  readonly face: string;
  /** Z_i·θ_c of every patch (Eq. 9) */
  readonly similarity: PlainMap;
  /** the patches that speak most for the class, best first */
  readonly patches: readonly number[];
  /** |∂logit/∂pixel| (paper, Figure 3) */
  readonly saliency: PlainMap;
}

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

export type PictureAnswer = { readonly id: number } & (
  | { readonly faces: readonly FacePrediction[] }
  | { readonly explanation: PlainExplanation }
  | { readonly error: Failure }
);

/** To the model: pictures that are answered together. */
export type ToModel = { readonly pictures: readonly PictureRequest[] };

/** From the model: once that it is there or why not; then of each batch how many faces were found, and the answers. */
export type FromModel =
  | { readonly ready: ModelDescription }
  | { readonly failed: Failure }
  | { readonly found: number }
  | { readonly answers: readonly PictureAnswer[] };

export interface ServedModel {
  readonly model: ModelDescription;
  /** One answer a request, in order; a bad picture is an answer, too. `found` hears how many faces there are to read. */
  answer(pictures: readonly PictureRequest[], found: (faces: number) => void): Promise<PictureAnswer[]>;
}

export async function openServedModel(options: RecognizerOptions): Promise<ServedModel> {
  const config = parseRecognizerOptions(options);
  const predictor = await openPredictor({ ...config, adapted: !config.zeroShot }, {});
  const fer = await ExpressionRecognizer.over(predictor, config);
  let explainer: Promise<Explainer> | undefined;

  const explain = async (
    { explain: wanted }: PictureRequest,
    { faces }: PreparedPicture,
  ): Promise<PlainExplanation> => {
    explainer ??= predictor.openExplainer();
    return explainFace(await explainer, predictor, faces[wanted?.face ?? 0]?.pixels, wanted?.target ?? "");
  };

  return {
    model: fer.model,
    async answer(pictures, found) {
      const prepared = await Promise.all(
        pictures.map((picture) => orFailure(() => fer.prepare(picture.bytes, picture))),
      );
      const whole = prepared.map((each) => ("error" in each ? { width: 0, height: 0, faces: [] } : each));
      found(whole.reduce((sum, { faces }) => sum + faces.length, 0));
      const read = await fer.classify(
        whole.map((each, i) => (pictures[i].explain === undefined ? each : { ...each, faces: [] })),
      );
      return Promise.all(
        pictures.map(async (picture, i): Promise<PictureAnswer> => {
          const { id } = picture;
          const own = prepared[i];
          if ("error" in own) return { id, ...own };
          if (picture.explain === undefined) return { id, faces: read[i] };
          return { id, ...(await orFailure(async () => ({ explanation: await explain(picture, own) }))) };
        }),
      );
    },
  };
}

async function explainFace(
  explainer: Explainer,
  { classes, backbone }: Predictor,
  pixels: Float32Array | undefined,
  target: string,
): Promise<PlainExplanation> {
  const index = classes.indexOf(target);
  if (index < 0)
    throw new MpaError("USAGE", `there is no class ${target}`, { fix: `name one of ${classes.join(", ")}` });
  if (pixels === undefined)
    throw new MpaError("USAGE", "the picture has no such face", { fix: "count as predict does" });
  const { similarity, patches, saliency } = await explainer.explainPixels(pixels, { target: index });
  return {
    face: await dataUrl(denormalise(pixels, backbone.preprocess)),
    similarity: plain(similarity[index]),
    patches: patches[index].indices,
    saliency: plain(saliency),
  };
}

async function orFailure<T extends object>(work: () => Promise<T>): Promise<T | { readonly error: Failure }> {
  try {
    return await work();
  } catch (error) {
    return { error: failureOf(error) };
  }
}

export const failureOf = (error: unknown): Failure => ({
  code: error instanceof MpaError ? error.code : "INTERNAL",
  message: messageOf(error),
});

const plain = ({ width, height, data }: HeatMap) => ({ width, height, data: [...data] });

async function dataUrl({ width, height, data }: RgbImage): Promise<string> {
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  return `data:image/png;base64,${png.toString("base64")}`;
}
