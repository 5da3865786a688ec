/**
 * Backbones whose image encoder multiplies 8-bit integers (`--precision int8`). Its weights are quantised once and cached; the small
 * text encoder remains in single precision.
 */

import { join } from "node:path";
import { int8Linear, scale } from "../graph/ops/index.ts";
import { openSession } from "../graph/runtime/session.node.ts";
import { elements, type Shape, type Tensor } from "../graph/tensor.ts";
import type { RunContext } from "../platform/context.ts";
import { MpaError } from "../platform/errors.ts";
import { userCacheFolder } from "../platform/folders.node.ts";
import type { Backbone } from "./backbone.ts";
import type { Arithmetic, Clip } from "./clip.ts";
import { clipTensors, type NamedShape } from "./clipTensors.ts";
import { cachedWeights, type DerivedWeights } from "./derivedWeights.node.ts";
import type { NewEntry } from "./safetensors.ts";
import { openWeightFile } from "./weights.node.ts";
import { type Weights, weightLeaf } from "./weights.ts";

/** Folder of cached quantised weights. */
const int8CacheFolder = (): string => join(userCacheFolder(), "int8");

/** The same backbone with an 8-bit image encoder. Throws WRITE, and WEIGHTS if the cached file is corrupt. */
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

/** Quantises W [out, in] with one scale per output: the maximum magnitude of the row divided by 127. Returns Wᵀ [in, out]. */
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

/** Quantises W [out, in] with one scale per input: the maximum magnitude of the column divided by 127. Returns W [out, in]. */
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

/** The scale of a row or column; 1 for zeros, since it is a divisor. */
const scaleOf = (largest: number): number => (largest === 0 ? 1 : largest / 127);

/** The same CLIP with the quantised weights of its image encoder. */
function roundedClip(clip: Clip, rounded: Weights): Clip {
  const leaf: Clip["leaf"] = (name, shape, stored) =>
    rounded.header.tensors.has(name) ? weightLeaf(rounded, name, shape, stored) : clip.leaf(name, shape, stored);
  return { ...clip, arithmetic: { ...clip.arithmetic, vision: eightBits(rounded) }, leaf };
}

/** Arithmetic of 8-bit integers. */
const eightBits = (weights: Weights): Arithmetic => ({
  weights,
  dtype: "float32",
  gridSize: () => 1,
  // Rows of bytes are too short to evict each other from the cache.
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

/** Version of the file's layout; a change invalidates older files. */
const layout = 1;

/** The file of a CLIP's quantised weights, created if it does not exist. Throws WRITE. */
function int8File(clip: Clip, cache: string, context: RunContext): Promise<string> {
  const tensors = clipTensors(clip.config).filter(isOfImages);
  const derived: DerivedWeights = {
    path: join(cache, `${clip.weights.sha256}-${layout}.safetensors`),
    label: "weights in eight bits",
    metadata: { format: "mpa-fer-int8" },
    tensors,
    entries: () => entriesOf(tensors),
    values: (tensor) => valuesOf(clip, tensor),
  };
  return cachedWeights(derived, context);
}

/** Whether a tensor is quantised: the linear layers of the image encoder's blocks are, all others remain in single precision. */
const isRounded = ([name, shape]: NamedShape): boolean =>
  name.startsWith("vision_model.encoder.layers.") && shape.length === 2;

/** Whether a tensor belongs to the image encoder. The file contains all of them, since a graph reads one file only. */
const isOfImages = ([name]: NamedShape): boolean =>
  name.startsWith("vision_model.") || name === "visual_projection.weight";

/** The file's tensors in order; floats are first, so that they are aligned. */
function entriesOf(tensors: readonly NamedShape[]): readonly NewEntry[] {
  const single = (name: string, shape: Shape) => ({ name, type: "F32", shape, length: 4 * elements(shape) });
  const eight = (name: string, shape: Shape) => ({ name, type: "I8", shape, length: elements(shape) });
  const rounded = tensors.filter(isRounded);
  return [
    ...tensors.filter((tensor) => !isRounded(tensor)).map(([name, shape]) => single(name, shape)),
    ...rounded.flatMap(([name, [out, inner]]) => [
      single(`${name}.forward_scale`, [out]),
      single(`${name}.backward_scale`, [inner]),
    ]),
    ...rounded.flatMap(([name, [out, inner]]) => [
      eight(`${name}.forward`, [inner, out]),
      eight(`${name}.backward`, [out, inner]),
    ]),
  ];
}

/** The values of a CLIP's tensor as stored in the file. */
async function valuesOf(clip: Clip, tensor: NamedShape): Promise<Readonly<Record<string, Float32Array | Int8Array>>> {
  const [name, [out, inner]] = tensor;
  const values = await clip.weights.values(name);
  if (!isRounded(tensor)) return { [name]: values };
  const [forward, backward] = [byRow(values, out, inner), byColumn(values, out, inner)];
  return {
    [`${name}.forward`]: forward.transposed,
    [`${name}.forward_scale`]: forward.scale,
    [`${name}.backward`]: backward.values,
    [`${name}.backward_scale`]: backward.scale,
  };
}
