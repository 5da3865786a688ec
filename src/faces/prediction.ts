/** Options and results of a prediction: the faces of a picture before and after classification, and the latter as JSON. */
import { z } from "zod";
import { recordOf } from "../platform/recordSchema.ts";
import type { FaceBox, Landmarks } from "./face.ts";

/** Options of a prediction. */
export interface PredictOptions {
  /** default true; false treats the image as one aligned face */
  readonly detect?: boolean;
  /** landmarks of a known face from an earlier prediction; only that face is classified, without detection */
  readonly landmarks?: Landmarks;
  /** @internal side in image pixels of the smallest face to detect; default that of the recognizer */
  readonly smallestFace?: number;
  /** @internal default true; false leaves out faces that lie on their side or stand on their head */
  readonly turned?: boolean;
  readonly signal?: AbortSignal;
}

/** A face with its predicted expression. */
export interface FacePrediction {
  /** [x, y, width, height] in pixels of the upright image */
  readonly box: FaceBox;
  /** probability of the predicted class */
  readonly score: number;
  readonly label: string;
  /** whether `score` is high enough to rely on the label: at least `unsureBelow` of the recognizer */
  readonly confident: boolean;
  readonly probabilities: Readonly<Record<string, number>>;
  /** confidence of the face detector; absent if detection was off */
  readonly detection?: number;
  /** absent if detection was off */
  readonly landmarks?: Landmarks;
}

/** The faces of one picture, ready for the classifier; the picture itself is no longer needed. */
export interface PreparedPicture {
  /** of the upright picture in its file */
  readonly width: number;
  readonly height: number;
  /** of a picture that is too large to be decoded whole: the share of its width at which it was looked at */
  readonly scale?: number;
  /** @internal of a stream (`predictEach`): why the picture cannot be read; it has no faces then */
  readonly failure?: string;
  readonly faces: readonly (Pick<FacePrediction, "box" | "detection" | "landmarks"> & {
    /** [3, S, S] */
    readonly pixels: Float32Array;
    /** @internal the same of further crops, whose answers are averaged with that of `pixels` */
    readonly otherCrops?: readonly Float32Array[];
  })[];
}

const number = z.number();
const point = z.tuple([number, number]);

/** Schema of a `FacePrediction` received as JSON from a server or worker. */
export const facePredictionSchema: z.ZodType<FacePrediction> = z.object({
  box: z.tuple([number, number, number, number]),
  score: number,
  label: z.string(),
  confident: z.boolean(),
  probabilities: recordOf(number),
  detection: number.optional(),
  landmarks: z.tuple([point, point, point, point, point]).optional(),
});
