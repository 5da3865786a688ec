/** The image tower's weights in eight bits: made once from single precision and kept in the user's cache by their hash. */
import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MpaError, messageOf } from "../errors.ts";
import { isFile } from "../files.ts";
import { elements, type Shape } from "../graph/tensor.ts";
import { silent } from "../progress.ts";
import type { RunContext } from "../runContext.ts";
import type { Clip } from "./clip.ts";
import { clipTensors } from "./clipTensors.ts";
import { byColumn, byRow } from "./int8Rounding.ts";
import { encodeHeader } from "./safetensors.ts";

/** Raised when what is in the file changes, so that no older one is taken for it. */
const layout = 1;

/** A linear layer of the image tower's blocks: what is rounded. The rest stays in single precision. */
export const isRounded = (name: string, shape: Shape): boolean =>
  name.startsWith("vision_model.encoder.layers.") && shape.length === 2;

/** What graphs with rounded weights read besides: no file is named twice by one graph. */
const isOfImages = (name: string): boolean => name.startsWith("vision_model.") || name === "visual_projection.weight";

/** The file for a CLIP's weights, made where it is not there yet. Throws WRITE. */
export async function int8File(clip: Clip, cache: string, { progress = silent, signal }: RunContext): Promise<string> {
  const path = join(cache, `${clip.weights.sha256}-${layout}.safetensors`);
  if (await isFile(path)) return path;
  const partial = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await write(clip, partial, progress, signal);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    if (error instanceof Error && error.name === "AbortError") throw error;
    const what = `cannot keep the weights in eight bits (${messageOf(error)})`;
    throw new MpaError("WRITE", what, path, "check the folder and its space, or use --precision fp32", {
      cause: error,
    });
  }
  return path;
}

async function write(clip: Clip, path: string, progress: RunContext["progress"] & object, signal?: AbortSignal) {
  const tensors = clipTensors(clip.config).filter(([name]) => isOfImages(name));
  const rounded = tensors.filter(([name, shape]) => isRounded(name, shape));
  const plain = tensors.filter(([name, shape]) => !isRounded(name, shape));
  const single = (name: string, shape: Shape) => ({ name, type: "F32", shape, length: 4 * elements(shape) });
  const eight = (name: string, shape: Shape) => ({ name, type: "I8", shape, length: elements(shape) });
  const entries = [
    ...plain.map(([name, shape]) => single(name, shape)),
    ...rounded.flatMap(([name, [out, inner]]) => [
      single(`${name}.forward_scale`, [out]),
      single(`${name}.backward_scale`, [inner]),
    ]),
    // Behind all floats, so that those stay aligned.
    ...rounded.flatMap(([name, [out, inner]]) => [
      eight(`${name}.forward`, [inner, out]),
      eight(`${name}.backward`, [out, inner]),
    ]),
  ];
  const task = progress.start({ label: "weights in eight bits", total: tensors.length, unit: "tensors" });
  const head = encodeHeader(entries, { format: "mpa-fer-int8" });
  const places = new Map<string, number>();
  let at = head.length;
  for (const { name, length } of entries) {
    places.set(name, at);
    at += length;
  }
  const file = await open(path, "wx");
  const put = async (name: string, { buffer, byteOffset, byteLength }: Float32Array | Int8Array) => {
    await file.write(new Uint8Array(buffer, byteOffset, byteLength), 0, byteLength, places.get(name));
  };
  try {
    await file.write(head);
    for (const [i, [name, shape]] of tensors.entries()) {
      signal?.throwIfAborted();
      const values = await clip.weights.values(name);
      if (isRounded(name, shape)) {
        const [out, inner] = shape;
        const forward = byRow(values, out, inner);
        const backward = byColumn(values, out, inner);
        await put(`${name}.forward`, forward.transposed);
        await put(`${name}.forward_scale`, forward.scale);
        await put(`${name}.backward`, backward.values);
        await put(`${name}.backward_scale`, backward.scale);
      } else {
        await put(name, values);
      }
      task.update(i + 1);
    }
    await file.sync();
    task.finish();
  } finally {
    await file.close();
  }
}
