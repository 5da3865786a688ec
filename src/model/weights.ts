/** Frozen weights by name, wherever they lie: graphs name them, and nothing copies them. */
import { MpaError } from "../errors.ts";
import { cast, sameShape } from "../graph/ops/index.ts";
import { type Shape, type Tensor, weight } from "../graph/tensor.ts";
import type { SafetensorsHeader, TensorEntry } from "./safetensors.ts";

export interface Weights {
  /** the file as given, for messages */
  readonly where: string;
  /** the name that graphs give the file */
  readonly file: string;
  /** folder of the real file, links resolved: what ONNX external data is relative to; absent for weights in memory */
  readonly folder?: string;
  readonly sha256: string;
  readonly header: SafetensorsHeader;
  /** the values of one small tensor */
  values(name: string): Promise<Float32Array>;
}

/** A weight as a leaf of a graph: floats in single precision, int8 as it is. Throws WEIGHTS if it is missing or has another shape. */
export function weightLeaf(weights: Weights, name: string, shape: Shape, stored: Shape = shape): Tensor {
  const entry = entryOf(weights.header, name, weights.where);
  if (!sameShape(entry.shape, stored)) {
    const [wanted, came] = [stored.join(","), entry.shape.join(",")];
    throw new MpaError("WEIGHTS", `${weights.where}: ${name} has shape [${came}], its config asks for [${wanted}]`);
  }
  const data = { file: weights.file, offset: entry.offset, length: entry.length };
  const leaf = weight(name, { dtype: entry.dtype, shape }, data);
  return entry.dtype === "int8" ? leaf : cast(leaf, "float32");
}

export function entryOf(header: SafetensorsHeader, name: string, where: string): TensorEntry {
  const entry = header.tensors.get(name);
  if (entry === undefined) {
    throw new MpaError("WEIGHTS", `${where} has no tensor ${name}`, undefined, "name a whole CLIPModel, both towers");
  }
  return entry;
}

/** The same weights under the names of a `CLIPModel`; `stored` says what the file calls them. Throws WEIGHTS. */
export function renamedWeights(weights: Weights, names: readonly string[], stored: (name: string) => string): Weights {
  const tensors = new Map(names.map((name) => [name, entryOf(weights.header, stored(name), weights.where)]));
  return { ...weights, header: { ...weights.header, tensors }, values: (name) => weights.values(stored(name)) };
}
