/** A backbone whose image tower multiplies in eight bits (`--precision int8`); the small text tower stays in single precision. */
import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { int8Linear, scale } from "../graph/ops/index.ts";
import { openSession } from "../graph/runtime/session.node.ts";
import { elements, type Shape, type Tensor } from "../graph/tensor.ts";
import { contextOf, type RunContext } from "../platform/context.ts";
import { MpaError, messageOf } from "../platform/errors.ts";
import { isFile } from "../platform/files.node.ts";
import { userCacheFolder } from "../platform/folders.node.ts";
import type { Backbone } from "./backbone.ts";
import type { Arithmetic, Clip } from "./clip.ts";
import { clipTensors } from "./config.ts";
import { encodeHeader } from "./safetensors.ts";
import { openWeightFile } from "./weights.node.ts";
import { type Weights, weightLeaf } from "./weights.ts";

/** Rounding a weight W [out, in] to −127 … 127, symmetric, with a scale for each output or for each input. */

/** A scale an output, the largest magnitude of its row over 127; the values as Wᵀ [in, out]. */
export function byRow(
  w: Float32Array,
  out: number,
  inner: number,
): { readonly transposed: Int8Array; readonly scale: Float32Array } {
  const transposed = new Int8Array(w.length);
  const scale = new Float32Array(out);
  for (let o = 0; o < out; o++) {
    let largest = 0;
    for (let i = 0; i < inner; i++) largest = Math.max(largest, Math.abs(w[o * inner + i]));
    scale[o] = scaleOf(largest);
    for (let i = 0; i < inner; i++) transposed[i * out + o] = Math.round(w[o * inner + i] / scale[o]);
  }
  return { transposed, scale };
}

/** A scale an input, the largest magnitude of its column over 127; the values as W [out, in]. */
export function byColumn(
  w: Float32Array,
  out: number,
  inner: number,
): { readonly values: Int8Array; readonly scale: Float32Array } {
  const largest = new Float32Array(inner);
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < inner; i++) largest[i] = Math.max(largest[i], Math.abs(w[o * inner + i]));
  }
  const scale = largest.map(scaleOf);
  const values = new Int8Array(w.length);
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < inner; i++) values[o * inner + i] = Math.round(w[o * inner + i] / scale[i]);
  }
  return { values, scale };
}

/** Zeros keep a scale that can be divided by. */
const scaleOf = (largest: number): number => (largest === 0 ? 1 : largest / 127);

/* The image tower's weights in eight bits: made once from single precision and kept in the user's cache by their hash. */

/** Raised when what is in the file changes, so that no older one is taken for it. */
const layout = 1;

/** A linear layer of the image tower's blocks: what is rounded. The rest stays in single precision. */
export const isRounded = (name: string, shape: Shape): boolean =>
  name.startsWith("vision_model.encoder.layers.") && shape.length === 2;

/** What graphs with rounded weights read besides: no file is named twice by one graph. */
const isOfImages = (name: string): boolean => name.startsWith("vision_model.") || name === "visual_projection.weight";

/** The file for a CLIP's weights, made where it is not there yet. Throws WRITE. */
export async function int8File(clip: Clip, cache: string, context: RunContext): Promise<string> {
  const { progress, signal } = contextOf(context);
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
    throw new MpaError("WRITE", what, {
      where: path,
      fix: "check the folder and its space, or use --precision fp32",
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

/** Where rounded weights are kept. */
export const int8CacheFolder = (): string => join(userCacheFolder(), "int8");

/** The rounded weights are made once and kept in `cache`. Throws WRITE, and WEIGHTS where the kept file is broken. */
export async function int8Backbone(
  backbone: Backbone,
  context: RunContext = {},
  cache = int8CacheFolder(),
): Promise<Backbone> {
  const rounded = await openWeightFile(await int8File(backbone.clip, cache, context));
  return {
    ...backbone,
    clip: roundedClip(backbone.clip, rounded),
    open: (model, options) => {
      if (!model.weightFiles.includes(rounded.file)) return backbone.open(model, options);
      if (model.weightFiles.length > 1) throw new MpaError("INTERNAL", "one graph over weights of both precisions");
      return openSession(model, { ...options, weightsFolder: rounded.folder });
    },
  };
}

/** The same CLIP over the rounded weights of its image tower. */
function roundedClip(clip: Clip, rounded: Weights): Clip {
  const leaf: Clip["leaf"] = (name, shape, stored) =>
    rounded.header.tensors.has(name) ? weightLeaf(rounded, name, shape, stored) : clip.leaf(name, shape, stored);
  return { ...clip, arithmetic: { ...clip.arithmetic, vision: eightBits(rounded) }, leaf };
}

/** Products in eight bits. */
const eightBits = (weights: Weights): Arithmetic => ({
  weights,
  gridSize: () => 1,
  // Rows of bytes are short enough not to compete for a cache.
  hiddenWidth: (mlpWidth) => mlpWidth,
  linear: ([x], { name, to, from }, { alpha = 1, beta = 1 } = {}) => {
    const part = (kind: string, shape: Shape) => weightLeaf(weights, `${name}.${kind}`, shape);
    const weight = {
      forward: part("weight.forward", [from, to]),
      forwardScale: times(part("weight.forward_scale", [to]), alpha),
      backward: part("weight.backward", [to, from]),
      backwardScale: times(part("weight.backward_scale", [from]), alpha),
    };
    return [int8Linear(x, weight, times(part("bias", [to]), beta))];
  },
});

const times = (x: Tensor, factor: number): Tensor => (factor === 1 ? x : scale(x, factor));
