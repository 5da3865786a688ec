/** What both runtimes do alike: feeds are checked and become tensors, results become plain arrays. */
import type { InferenceSession, Tensor, TensorConstructor } from "onnxruntime-node";
import { MpaError } from "../errors.ts";
import type { OnnxModel } from "../graph/onnx.ts";
import { elements, type Shape } from "../graph/tensor.ts";
import type { Feeds, Results, Session } from "./session.ts";

/** Keeps the contract of `Session` over a session of ONNX Runtime, whose own `Tensor` class is given. */
export function overNative(native: InferenceSession, model: OnnxModel, tensorOf: TensorConstructor): Session {
  return {
    concurrency: 1,
    run: async (feeds, shapes = {}) => {
      const results = await native.run(toTensors(model, feeds, shapes, tensorOf));
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [name, values(name, tensor)]),
      ) satisfies Results;
    },
    dispose: () => native.release(),
  };
}

function toTensors(
  model: OnnxModel,
  feeds: Feeds,
  shapes: Readonly<Record<string, Shape>>,
  tensorOf: TensorConstructor,
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(model.inputs).map(([name, { dtype, shape: declared }]) => {
      const data = feeds[name];
      const shape = shapes[name] ?? declared;
      if (data === undefined || !fits(shape, declared) || data.length !== elements(shape)) {
        const wanted = `${dtype}[${declared.join(",")}]`;
        const came = `${data?.length ?? "no"} values${name in shapes ? ` as [${shape.join(",")}]` : ""}`;
        throw new MpaError("INTERNAL", `input ${name}: expected ${wanted}, got ${came}`);
      }
      return [name, toTensor(data, shape, tensorOf)];
    }),
  );
}

const fits = (shape: Shape, declared: Shape): boolean =>
  shape.length === declared.length && shape.every((d, i) => d > 0 && (d === declared[i] || declared[i] === -1));

function toTensor(data: Feeds[string], shape: Shape, TensorOf: TensorConstructor): Tensor {
  if (data instanceof Float32Array) return new TensorOf("float32", data, shape);
  if (data instanceof Float64Array) return new TensorOf("float64", data, shape);
  return new TensorOf("int64", data, shape);
}

function values(name: string, tensor: InferenceSession.OnnxValueMapType[string]): Results[string] {
  const { data } = tensor;
  if (data instanceof Float32Array || data instanceof Float64Array || data instanceof BigInt64Array) return data;
  throw new MpaError("INTERNAL", `output ${name}: unexpected type ${tensor.type}`);
}
