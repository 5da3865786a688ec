/**
 * Classifier as one ONNX file with prompts, text features and weights embedded; the batch is dynamic and the metadata
 * documents its use.
 */

import type { Clip } from "../clip/clip.ts";
import { preprocessorConfig } from "../clip/preprocess.ts";
import { symbolicBatch } from "../graph/freeBatch.ts";
import { topologicalOrder } from "../graph/gradient.ts";
import { type OnnxModel, toOnnx } from "../graph/onnx.ts";
import { softmax } from "../graph/ops/index.ts";
import { targets } from "../graph/target.ts";
import { type ExternalData, input, type Tensor } from "../graph/tensor.ts";
import { MpaError } from "../platform/errors.ts";
import { checkpointConfigJson } from "./checkpoint.ts";
import { answerLogits } from "./graphs.ts";
import type { Model } from "./model.ts";

export const exportFormat = "mpa-fer/onnx-1";

/** Names of the input and outputs, as models on the Hugging Face hub have them. */
export const inputName = "pixel_values";

/** Builds the model `pixel_values` [batch,3,S,S] → `logits` and `probabilities` [batch,C]. */
export async function classifierModel(model: Model): Promise<OnnxModel> {
  const { clip } = model;
  const { imageSize } = clip.config.vision;
  const pixels = input(inputName, [symbolicBatch, 3, imageSize, imageSize]);
  const scores = answerLogits(model, pixels);
  const outputs = { logits: scores, probabilities: softmax(scores) };
  const weights = await weightBytes(clip, Object.values(outputs));
  return toOnnx(outputs, metadata(model), { freeBatch: symbolicBatch, weights, target: targets.portable });
}

function metadata({ backbone, checkpoint, classes, preprocess }: Model): Record<string, string> {
  return {
    format: exportFormat,
    classes: JSON.stringify(classes),
    preprocess: JSON.stringify(preprocessorConfig(preprocess)),
    backbone: JSON.stringify({ name: backbone.name, sha256: backbone.sha256 }),
    config: checkpoint === undefined ? JSON.stringify("zero-shot") : checkpointConfigJson(checkpoint.config),
    use: "One aligned face a picture. It names expressions, not feelings; its errors differ between groups of people.",
  };
}

/** Bytes of every weight that the outputs depend on, by its name in the graph. */
async function weightBytes(clip: Clip, outputs: readonly Tensor[]): Promise<Map<string, Uint8Array>> {
  const weights = new Map<string, Uint8Array>();
  for (const { leaf } of topologicalOrder(outputs)) {
    if (leaf?.kind === "weight") weights.set(leaf.name, await bytesOf(clip, leaf.data));
  }
  return weights;
}

/** Bytes of a weight; quantised weights have a file of their own. */
function bytesOf({ weights, arithmetic: { vision } }: Clip, data: ExternalData): Promise<Uint8Array> {
  const source = [weights, vision.weights].find(({ file }) => file === data.file);
  if (source === undefined) throw new MpaError("INTERNAL", `no open file ${data.file} has the weights`);
  return source.bytes(data);
}
