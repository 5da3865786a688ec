/** Served model, which answers pictures in batches, and its messages to and from the server process. */

import sharp from "sharp";
import type { Landmarks } from "../../faces/face.ts";
import type { RecognizerConfig } from "../../faces/options.node.ts";
import { ExpressionRecognizer } from "../../faces/recognizer.node.ts";
import type { FacePrediction, ModelDescription, PreparedPicture } from "../../faces/recognizer.ts";
import { type PlainExplanation, plainExplanation } from "../../method/explain/plain.ts";
import { openModel } from "../../method/model.node.ts";
import type { RgbImage } from "../../pictures/image.ts";
import { type ErrorCode, MpaError, messageOf } from "../../platform/errors.ts";

export interface PictureRequest {
  readonly id: number;
  /** encoded picture */
  readonly bytes: Uint8Array;
  readonly detect: boolean;
  /** explains one class of one face instead of predicting expressions */
  readonly explain?: FaceQuestion;
}

/** Face to explain: its index in the response of `predict`, or its landmarks from there, which skips detection. */
export interface FaceQuestion {
  readonly face: number;
  readonly landmarks?: Landmarks;
  readonly target: string;
}

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

export type PictureAnswer = { readonly id: number } & (
  | (Pick<PreparedPicture, "scale"> & { readonly faces: readonly FacePrediction[] })
  | { readonly explanation: PlainExplanation }
  | { readonly error: Failure }
);

/** Message to the model: one batch of pictures. */
export type ToModel = { readonly pictures: readonly PictureRequest[] };

/** Message from the model: once `ready` or `failed`; then for each batch the number of faces `found`, and its `answers`. */
export type FromModel =
  | { readonly ready: ModelDescription }
  | { readonly failed: Failure }
  | { readonly found: number }
  | { readonly answers: readonly PictureAnswer[] };

export interface ServedModel {
  readonly model: ModelDescription;
  /**
   * Answers each request, in order; an unreadable picture is an answer, too. `found` receives the number of faces to
   * classify.
   */
  answer(pictures: readonly PictureRequest[], found: (faces: number) => void): Promise<PictureAnswer[]>;
}

export async function openServedModel(config: RecognizerConfig): Promise<ServedModel> {
  const fer = await ExpressionRecognizer.over(await openModel(config, {}), config);
  return {
    model: fer.model,
    async answer(pictures, found) {
      const prepared = await Promise.all(
        pictures.map(({ bytes, detect, explain }) =>
          orFailure(() => fer.prepare(bytes, { detect, landmarks: explain?.landmarks })),
        ),
      );
      const whole = prepared.map((each) => ("error" in each ? { width: 0, height: 0, faces: [] } : each));
      found(whole.reduce((sum, { faces }) => sum + faces.length, 0));
      const read = await fer.classify(
        whole.map((each, i) => (pictures[i].explain === undefined ? each : { ...each, faces: [] })),
      );
      return Promise.all(
        pictures.map(async ({ id, explain }, i): Promise<PictureAnswer> => {
          const own = prepared[i];
          if ("error" in own) return { id, ...own };
          const { scale } = own;
          if (explain === undefined) return { id, faces: read[i], ...(scale !== undefined && { scale }) };
          const { face, landmarks, target } = explain;
          const found = await orFailure(async () => ({
            explanation: await plainExplanation(
              await fer.explain(own, landmarks === undefined ? face : 0, target),
              dataUrl,
            ),
          }));
          return { id, ...found };
        }),
      );
    },
  };
}

export const failureOf = (error: unknown): Failure => ({
  code: error instanceof MpaError ? error.code : "INTERNAL",
  message: messageOf(error),
});

async function dataUrl({ width, height, data }: RgbImage): Promise<string> {
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  return `data:image/png;base64,${png.toString("base64")}`;
}

async function orFailure<T extends object>(work: () => Promise<T>): Promise<T | { readonly error: Failure }> {
  try {
    return await work();
  } catch (error) {
    return { error: failureOf(error) };
  }
}
