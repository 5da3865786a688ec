/** What both runtimes do alike: feeds are checked and become tensors, results become plain arrays. */
import type { InferenceSession, Tensor, TensorConstructor } from "onnxruntime-node";
import { MpaError } from "../errors.ts";
import type { OnnxModel } from "../graph/onnx.ts";
import { elements, type TensorType } from "../graph/tensor.ts";
import type { Feeds, Results, Session } from "./session.ts";

/** Keeps the contract of `Session` over a session of ONNX Runtime, whose own `Tensor` class is given. */
export function overNative(native: InferenceSession, model: OnnxModel, tensorOf: TensorConstructor): Session {
  return {
    run: async (feeds) => {
      const results = await native.run(toTensors(model, feeds, tensorOf));
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [name, values(name, tensor)]),
      ) satisfies Results;
    },
    dispose: () => native.release(),
  };
}

function toTensors(model: OnnxModel, feeds: Feeds, tensorOf: TensorConstructor): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(model.inputs).map(([name, type]) => {
      const data = feeds[name];
      if (data === undefined || data.length !== elements(type.shape)) {
        const wanted = `${type.dtype}[${type.shape.join(",")}]`;
        throw new MpaError("INTERNAL", `input ${name}: expected ${wanted}, got ${data?.length ?? "no"} values`);
      }
      return [name, toTensor(data, type, tensorOf)];
    }),
  );
}

function toTensor(data: Feeds[string], { shape }: TensorType, TensorOf: TensorConstructor): Tensor {
  if (data instanceof Float32Array) return new TensorOf("float32", data, shape);
  if (data instanceof Float64Array) return new TensorOf("float64", data, shape);
  return new TensorOf("int64", data, shape);
}

function values(name: string, tensor: InferenceSession.OnnxValueMapType[string]): Results[string] {
  const { data } = tensor;
  if (data instanceof Float32Array || data instanceof Float64Array || data instanceof BigInt64Array) return data;
  throw new MpaError("INTERNAL", `output ${name}: unexpected type ${tensor.type}`);
}
