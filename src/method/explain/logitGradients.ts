/** Gradients of a logit with respect to the pixels of many images. */
import { toOnnx } from "../../graph/onnx.ts";
import { type OpenSession, type SessionOptions, single } from "../../graph/runtime/session.ts";
import { targetOf } from "../../graph/target.ts";
import type { PromptedModel } from "../promptedModel.ts";
import { saliencyGraph } from "./graphs.ts";

/** Session of `saliencyGraph`. */
export interface LogitGradients {
  /** Returns ∂logit_target/∂pixels [3,S,S] of each image. */
  of(images: readonly Float32Array[], target: number): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

/** Opens a session for `batch` images per run. */
export async function openLogitGradients(
  model: PromptedModel,
  openSession: OpenSession,
  batch: number,
  options: SessionOptions,
): Promise<LogitGradients> {
  const session = await openSession(
    toOnnx(saliencyGraph(model, batch), {}, { target: targetOf(options.provider) }),
    options,
  );
  return {
    of: async (images, target) => {
      const found: Float32Array[] = [];
      for (let start = 0; start < images.length; start += batch) {
        const some = images.slice(start, start + batch);
        const feeds = { pixels: joined(some, batch), target: oneHotRows(target, model.classes.length, batch) };
        const { gradient } = await session.run(feeds);
        const size = gradient.length / batch;
        found.push(...some.map((_, i) => single(gradient.subarray(i * size, (i + 1) * size))));
      }
      return found;
    },
    dispose: () => session.dispose(),
  };
}

/** Concatenated images, padded with zeros to the batch. */
function joined(images: readonly Float32Array[], batch: number): Float32Array {
  const values = new Float32Array(batch * images[0].length);
  for (const [i, image] of images.entries()) values.set(image, i * image.length);
  return values;
}

function oneHotRows(column: number, columns: number, rows: number): Float32Array {
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) values[row * columns + column] = 1;
  return values;
}
