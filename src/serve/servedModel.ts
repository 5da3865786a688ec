/** The model behind the server: pictures that came together are answered together. */
import sharp from "sharp";
import { MpaError, messageOf } from "../errors.ts";
import { openPredictor, type Predictor } from "../experiment/predictor.ts";
import type { Explainer } from "../explanation/explainer.ts";
import { denormalise } from "../explanation/picture.ts";
import type { HeatMap } from "../explanation/subject.ts";
import type { RgbImage } from "../preprocess/image.ts";
import {
  ExpressionRecognizer,
  parseRecognizerOptions,
  type RecognizerOptions,
} from "../recognise/expressionRecognizer.ts";
import type { ModelDescription, PreparedPicture } from "../recognise/recognizer.ts";
import type { Failure, PictureAnswer, PictureRequest, PlainExplanation } from "./messages.ts";

export interface ServedModel {
  readonly model: ModelDescription;
  /** One answer a request, in order; a bad picture is an answer, too. */
  answer(pictures: readonly PictureRequest[]): Promise<PictureAnswer[]>;
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
    async answer(pictures) {
      const prepared = await Promise.all(
        pictures.map((picture) => orFailure(() => fer.prepare(picture.bytes, picture))),
      );
      const whole = prepared.map((each) => ("error" in each ? { width: 0, height: 0, faces: [] } : each));
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
    throw new MpaError("USAGE", `there is no class ${target}`, undefined, `name one of ${classes.join(", ")}`);
  if (pixels === undefined)
    throw new MpaError("USAGE", "the picture has no such face", undefined, "count as predict does");
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
