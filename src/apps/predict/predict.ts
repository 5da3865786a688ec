/** `predict` as used by the command line and the library. */

import { ExpressionRecognizer } from "../../faces/recognizer.node.ts";
import { openModel } from "../../method/model.node.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import type { FilePrediction, Predictions } from "./filePrediction.ts";
import type { PredictConfig } from "./options.ts";
import { countPictures, filesOf, picturesOf } from "./pictures.ts";
import { predictPictures } from "./predictPictures.ts";
import { openSharedPredictions } from "./shared.ts";

/**
 * Predicts the faces of each picture in files, folders, glob patterns, `-` (standard input) and videos, in order. An
 * unreadable picture has an `error`, and the rest still run.
 */
export async function predict(config: PredictConfig, context: RunContext = {}): Promise<FilePrediction[]> {
  const predictions = await openPredictions(config, context);
  try {
    const answers: FilePrediction[] = [];
    for await (const { answer } of predictions.each()) answers.push(answer);
    return answers;
  } finally {
    await predictions.dispose();
  }
}

/** Streams the same predictions. Throws NOT_FOUND if a folder or pattern has no picture, and as `openModel` does. */
export async function openPredictions(config: PredictConfig, context: RunContext = {}): Promise<Predictions> {
  if (config.redis !== undefined) return await openSharedPredictions(config, context);
  const { progress, signal, notice } = contextOf(context);
  const { detect, every, smoothing, batchSize } = config;
  const files = await filesOf(config.files, notice);
  const { videos, pictures: total } = await countPictures(files, { every, signal });
  const soon = total < batchSize;
  const fer = await ExpressionRecognizer.over(await openModel(config, context), config, { soon });
  const each = () => {
    const task = progress.start({ label: "predicting", total, unit: videos > 0 ? "frames" : "pictures" });
    const pictures = picturesOf(files, { every, stdin: process.stdin, signal, notice });
    return predictPictures(fer, pictures, { detect, smoothing, batchSize, signal, task, notice });
  };
  return { model: fer.model, videos, each, dispose: () => fer.dispose() };
}
