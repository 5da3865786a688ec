/** `predict` for the command line and the library: options in, answers out. */

import { ExpressionRecognizer } from "../../faces/recognizer.node.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { openModel } from "./job.ts";
import type { PredictConfig } from "./options.ts";
import { filesOf, picturesOf } from "./pictures.ts";
import { type FilePrediction, type Predictions, predictPictures } from "./predictPictures.ts";
import { openSharedPredictions } from "./shared.ts";

/**
 * Each picture's faces, in order: of files, folders, patterns, `-` (standard input) and videos. A bad picture has an
 * `error` and the rest still run.
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

/** The same, one after another. Throws NOT_FOUND where a folder or pattern has no picture, and as `load` does. */
export async function openPredictions(config: PredictConfig, context: RunContext = {}): Promise<Predictions> {
  if (config.redis !== undefined) return await openSharedPredictions(config, context);
  const { progress, signal } = contextOf(context);
  const files = await filesOf(config.files);
  const soon = files.length < config.batchSize;
  const fer = await ExpressionRecognizer.over(await openModel(config, context), config, { soon });
  async function* each() {
    const task = progress.start({ label: "predicting", total: files.length, unit: "files" });
    const seen = new Set<string>();
    const pictures = picturesOf(files, { every: config.every, stdin: process.stdin, signal });
    for await (const predicted of predictPictures(fer, pictures, { ...config, signal })) {
      seen.add(predicted.picture.file);
      task.update(seen.size);
      yield predicted;
    }
    task.finish();
  }
  return { model: fer.model, each, dispose: () => fer.dispose() };
}
