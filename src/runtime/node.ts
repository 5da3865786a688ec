/** ONNX Runtime in Node. */
import { InferenceSession, listSupportedBackends, Tensor } from "onnxruntime-node";
import { MpaError, messageOf } from "../errors.ts";
import type { OnnxModel } from "../graph/onnx.ts";
import { elements, type TensorType } from "../graph/tensor.ts";
import type { Feeds, OpenSession, Results, SessionOptions } from "./session.ts";

/** Opens a session; a provider that is not there is an error, never silently another (CONTRACT.md). */
export const openSession: OpenSession = async (model, options = {}) => {
  const session = await create(model, options);
  return {
    run: async (feeds) => {
      const results = await session.run(toTensors(model, feeds));
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [name, values(name, tensor)]),
      ) satisfies Results;
    },
    dispose: () => session.release(),
  };
};

/** The providers of this build, "cpu" among them. */
export const providers = (): readonly string[] => listSupportedBackends().map((backend) => backend.name);

async function create(model: OnnxModel, options: SessionOptions): Promise<InferenceSession> {
  const { threads, provider = "cpu", weightsFolder, optimisation = "all" } = options;
  if (!providers().includes(provider)) {
    const known = providers().join(", ");
    throw new MpaError("RUNTIME", `provider ${provider} is not in this build of ONNX Runtime`, `it has: ${known}`);
  }
  try {
    return await InferenceSession.create(model.bytes, {
      executionProviders: [provider],
      ...(threads !== undefined && { intraOpNumThreads: threads }),
      interOpNumThreads: 1,
      // The pattern plan keeps a second arena beside the first.
      enableMemPattern: false,
      graphOptimizationLevel: optimisation,
      logSeverityLevel: 3,
      ...(weightsFolder !== undefined && {
        extra: { session: { model_external_initializers_file_folder_path: weightsFolder } },
      }),
    });
  } catch (error) {
    throw new MpaError("RUNTIME", `ONNX Runtime refused the graph: ${messageOf(error)}`, weightsFolder, undefined, {
      cause: error,
    });
  }
}

function toTensors(model: OnnxModel, feeds: Feeds): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(model.inputs).map(([name, type]) => {
      const data = feeds[name];
      if (data === undefined || data.length !== elements(type.shape)) {
        const wanted = `${type.dtype}[${type.shape.join(",")}]`;
        throw new MpaError("INTERNAL", `input ${name}: expected ${wanted}, got ${data?.length ?? "no"} values`);
      }
      return [name, toTensor(data, type)];
    }),
  );
}

function toTensor(data: Feeds[string], { shape }: TensorType): Tensor {
  if (data instanceof Float32Array) return new Tensor("float32", data, shape);
  if (data instanceof Float64Array) return new Tensor("float64", data, shape);
  return new Tensor("int64", data, shape);
}

function values(name: string, tensor: Tensor): Results[string] {
  const { data } = tensor;
  if (data instanceof Float32Array || data instanceof Float64Array || data instanceof BigInt64Array) return data;
  throw new MpaError("INTERNAL", `output ${name}: unexpected type ${tensor.type}`);
}
