/** `predict`: the expression of each photograph, streamed in batches (CONTRACT.md, Answers). */
import type { PredictConfig } from "../config.ts";
import { MpaError, messageOf } from "../errors.ts";
import { preprocess } from "../preprocess/clipPreprocess.ts";
import { decodeImage } from "../preprocess/decode.ts";
import type { RgbImage } from "../preprocess/image.ts";
import { silent } from "../progress.ts";
import type { RunContext } from "../runContext.ts";
import type { Classifier } from "./classifier.ts";
import { openPredictor, type Predictor } from "./predictor.ts";

export interface FacePrediction {
  /** [x, y, width, height] in pixels of the photograph */
  readonly box: readonly [number, number, number, number];
  /** the largest probability */
  readonly score: number;
  readonly label: string;
  readonly probabilities: Readonly<Record<string, number>>;
}

export interface FilePrediction {
  readonly file: string;
  readonly faces: readonly FacePrediction[];
  /** one line; the file has no faces then */
  readonly error?: string;
}

/** Each file's faces, in order. A bad image has an `error` and the rest still run. */
export async function predict(config: PredictConfig, context: RunContext = {}): Promise<FilePrediction[]> {
  const { progress = silent, signal } = context;
  if (config.detect) {
    throw new MpaError("USAGE", "finding faces is not available", undefined, "crop the faces and add --no-detect");
  }
  const predictor = await openPredictor({ ...config, adapted: !config.zeroShot }, context);
  const { files } = config;
  const batchSize = Math.min(config.batchSize, files.length);
  const classifier = await predictor.open(batchSize);
  const task = progress.start({ label: "predicting", total: files.length, unit: "images" });
  const answers: FilePrediction[] = [];
  try {
    for (let start = 0; start < files.length; start += batchSize) {
      if (signal?.aborted)
        throw new MpaError("INTERRUPTED", `stopped after ${answers.length} of ${files.length} files`);
      answers.push(...(await predictBatch(files.slice(start, start + batchSize), predictor, classifier)));
      task.update(answers.length);
    }
    task.finish();
    return answers;
  } finally {
    await classifier.dispose();
  }
}

async function predictBatch(
  files: readonly string[],
  predictor: Predictor,
  classifier: Classifier,
): Promise<FilePrediction[]> {
  const decoded = await Promise.all(files.map(decode));
  const { imageSize } = predictor.backbone.clip.config.vision;
  const length = 3 * imageSize ** 2;
  const readable = decoded.flatMap((each) => ("image" in each ? [each] : []));
  const pixels = new Float32Array(readable.length * length);
  for (const [row, { image }] of readable.entries())
    preprocess(image, predictor.backbone.preprocess, pixels, row * length);
  const rows = readable.length === 0 ? new Float32Array() : await classifier.classify(pixels, readable.length);
  let row = 0;
  return decoded.map((each) => {
    if ("error" in each) return { file: each.file, faces: [], error: each.error };
    const start = row++ * predictor.classes.length;
    return {
      file: each.file,
      faces: [face(each.image, predictor.classes, rows.subarray(start, start + predictor.classes.length))],
    };
  });
}

function face({ width, height }: RgbImage, classes: readonly string[], row: Float32Array): FacePrediction {
  const best = row.indexOf(Math.max(...row));
  const probabilities = Object.fromEntries(classes.map((name, c) => [name, row[c]]));
  return { box: [0, 0, width, height], score: row[best], label: classes[best], probabilities };
}

type Decoded = { readonly file: string; readonly image: RgbImage } | { readonly file: string; readonly error: string };

async function decode(file: string): Promise<Decoded> {
  try {
    return { file, image: await decodeImage(file, file) };
  } catch (error) {
    if (error instanceof MpaError && error.code === "IMAGE") return { file, error: messageOf(error) };
    throw error;
  }
}
