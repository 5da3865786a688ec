/** Weights in other formats than one safetensors file: pickled by PyTorch, and sharded with an index. */
import { writeSafetensors } from "../src/clip/safetensors.ts";
import type { TensorData } from "../src/graph/tensor.ts";
import { op, pickle, tensor } from "./fuzz/pickles.ts";
import { storedZip } from "./fuzz/storedZip.ts";

type Tensors = ReadonlyMap<string, TensorData>;

/** Encodes tensors like `torch.save`, in single precision. */
export function pickled(tensors: Tensors): Uint8Array {
  const entries = [...tensors];
  const described = entries.flatMap(([name, { shape }], i) => {
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, d) => product * d, 1));
    return [...op.text(name), ...tensor(shape, strides, String(i))];
  });
  const storages = entries.map(
    ([, { data }], i) => [`m/data/${i}`, new Uint8Array(Float32Array.from(data, Number).buffer)] as const,
  );
  return storedZip([["m/data.pkl", pickle([...op.emptyDict, ...op.mark, ...described, ...op.setItems])], ...storages]);
}

export const singleFile = (tensors: Tensors): Uint8Array =>
  writeSafetensors(
    new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data, Number) }])),
    {},
  );

/** Two shards and their index, by file name. */
export function inParts(
  tensors: Tensors,
  [stem, ending]: readonly [stem: string, ending: string],
  write: (part: Tensors) => Uint8Array,
): Record<string, Uint8Array> {
  const half = Math.ceil(tensors.size / 2);
  const parts = [new Map([...tensors].slice(0, half)), new Map([...tensors].slice(half))];
  const names = parts.map((_, i) => `${stem}-0000${i + 1}-of-00002${ending}`);
  const places = parts.flatMap((part, i) => [...part.keys()].map((name) => [name, names[i]]));
  const index = JSON.stringify({ metadata: { total_size: 1 }, weight_map: Object.fromEntries(places) });
  return {
    ...Object.fromEntries(parts.map((part, i) => [names[i], write(part)])),
    [`${stem}${ending}.index.json`]: new TextEncoder().encode(index),
  };
}
