/** ONNX Runtime in Node. */
import { InferenceSession, listSupportedBackends, Tensor } from "onnxruntime-node";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { Lifetime } from "../../platform/lifetime.ts";
import { type OnnxModel, toOnnx } from "../onnx.ts";
import { int8Linear } from "../ops/index.ts";
import { constant, input } from "../tensor.ts";
import { type OpenSession, type SessionOptions, wrapSession } from "./session.ts";
import { openSessionPool } from "./sessionPool.node.ts";

/* Products of bytes as this processor has them. */

let found: Promise<boolean> | undefined;

/**
 * Whether sums of products of unsigned by signed bytes are cut off: x86 before VNNI adds pairs in sixteen bits. Found out by the largest
 * there are, once a process; ONNX Runtime's own test (`session.x64quantprecision`) takes every x86 processor for one of these.
 */
export function saturatesInt8Sums(): Promise<boolean> {
  found ??= probe();
  return found;
}

/** Rows and columns of the weight. */
const size = 64;

async function probe(): Promise<boolean> {
  const ones = (count: number) => new Float32Array(count).fill(1);
  const scale = constant(ones(size).fill(1 / 127), [size]);
  const weight = constant(new Int8Array(size * size).fill(127), [size, size]);
  const product = int8Linear(
    input("x", [1, size]),
    { forward: weight, forwardScale: scale, backward: weight, backwardScale: scale },
    constant(new Float32Array(size), [size]),
  );
  const session = await InferenceSession.create(toOnnx({ product }).bytes, {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const results = await session.run({ x: new Tensor("float32", ones(size), [1, size]) });
  await session.release();
  return Number(results.product.data[0]) < 0.9 * size;
}

// ONNX Runtime's releases keep a device's number and a diary of sessions in ~/.cache/Microsoft, and send it to Microsoft where they
// can. It looks here when the first session opens; whoever wants to take part sets it to 0.
process.env.ORT_DISABLE_TELEMETRY ??= "1";

/** Opens a session; a provider that is not there is an error, never silently another (CONTRACT.md). */
export const openSession: OpenSession = async (model, options = {}) => {
  if (options.poolSize !== undefined && options.poolSize > 1) return openSessionPool(model, options);
  const native = await create(model, options);
  const session = wrapSession(native, model, Tensor);
  if (options.profilePrefix === undefined) return session;
  const lifetime = new Lifetime("the session", async () => {
    native.endProfiling();
    await session.dispose();
  });
  return {
    ...session,
    run: (feeds, shapes) => lifetime.use(() => session.run(feeds, shapes)),
    dispose: () => lifetime.dispose(),
  };
};

/** The providers of this build, "cpu" among them. */
export const providers = (): readonly string[] => listSupportedBackends().map((backend) => backend.name);

async function create(model: OnnxModel, options: SessionOptions): Promise<InferenceSession> {
  const { threads, provider = "cpu", weightsFolder, profilePrefix, optimisation = "all" } = options;
  if (!providers().includes(provider)) {
    const known = providers().join(", ");
    throw new MpaError("RUNTIME", `provider ${provider} is not in this build of ONNX Runtime`, {
      where: `it has: ${known}`,
    });
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
      ...(profilePrefix !== undefined && { enableProfiling: true, profileFilePrefix: profilePrefix }),
      extra: {
        session: {
          // Threads that go on waiting awake after a run take the processor from the next session's.
          force_spinning_stop: "1",
          // Weights are stored unsigned then, whose products are exact, and slower where the signed ones would be as well.
          ...(model.multipliesBytes && (await saturatesInt8Sums()) && { x64quantprecision: "1" }),
          ...(weightsFolder !== undefined && { model_external_initializers_file_folder_path: weightsFolder }),
        },
      },
    });
  } catch (error) {
    const what = messageOf(error);
    const fix = what.includes("Failed to load shared library")
      ? `${provider} needs files that are not installed, and graphics drivers (README.md, Graphics cards)`
      : undefined;
    throw new MpaError("RUNTIME", `ONNX Runtime refused the graph: ${what}`, {
      where: weightsFolder,
      fix,
      cause: error,
    });
  }
}
