/** ONNX Runtime in Node. */

import { InferenceSession, listSupportedBackends, Tensor } from "onnxruntime-node";
import { MpaError } from "../../platform/errors.ts";
import { Lifetime } from "../../platform/lifetime.ts";
import { type OnnxModel, toOnnx } from "../onnx.ts";
import { isProcessor } from "../target.ts";
import { constant, input, newNode } from "../tensor.ts";
import { fallbackFailure, isFallbackRefused, type NodeCounts, openingFailure } from "./failures.ts";
import { openPlacementProfile } from "./placement.node.ts";
import {
  checkProducts,
  type OpenSession,
  type Placement,
  providerEntries,
  type Session,
  type SessionOptions,
  wrapSession,
  zeroFeeds,
} from "./session.ts";
import { openSessionPool } from "./sessionPool.node.ts";

// ONNX Runtime's releases store a device number and a log of sessions in ~/.cache/Microsoft, and send it to Microsoft where they
// can. The variable is read when the first session opens; set it to 0 to take part.
process.env.ORT_DISABLE_TELEMETRY ??= "1";

/** Opens a session. A provider that this build lacks is an error; no other one is taken in its place. Throws RUNTIME. */
export const openSession: OpenSession = async (model, options = {}) => {
  if (options.poolSize !== undefined && options.poolSize > 1) return openSessionPool(model, options);
  const { provider = "cpu", profilePrefix } = options;
  if (options.countsNodes && profilePrefix === undefined) return openCounting(model, options);
  const native = await create(model, options);
  const session = wrapSession(native, model, Tensor, provider);
  if (profilePrefix === undefined) return session;
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

/** A session that profiles its first run, and no other. */
async function openCounting(model: OnnxModel, options: CreateOptions): Promise<Session> {
  const profile = await openPlacementProfile();
  let found: Placement | undefined;
  try {
    const native = await create(model, { ...options, profilePrefix: profile.prefix });
    const session = wrapSession(native, model, Tensor, options.provider ?? "cpu");
    const ended = new Lifetime("the profile", async () => {
      native.endProfiling();
      found = await profile.read().finally(() => profile.dispose());
    });
    return {
      ...session,
      run: async (feeds, shapes) => {
        const results = await session.run(feeds, shapes);
        await ended.dispose();
        return results;
      },
      placement: () => found,
      dispose: async () => {
        await session.dispose();
        await profile.dispose();
      },
    };
  } catch (error) {
    await profile.dispose();
    throw error;
  }
}

/** Nodes that a provider would leave to the CPU, found by a run of zeros; undefined where that fails. */
async function nodesLeft(model: OnnxModel, options: SessionOptions): Promise<NodeCounts | undefined> {
  try {
    const session = await openCounting(model, { ...options, allowsFallback: true });
    const { feeds, shapes } = zeroFeeds(model);
    await session.run(feeds, shapes).finally(() => session.dispose());
    return session.placement?.()?.cpu;
  } catch {
    return undefined;
  }
}

interface CreateOptions extends SessionOptions {
  /** only to see where the nodes of a refused graph would run */
  readonly allowsFallback?: boolean;
}

async function create(model: OnnxModel, options: CreateOptions): Promise<InferenceSession> {
  const { threads, provider = "cpu", weightsFolder, profilePrefix, optimisation = "all", allowsFallback } = options;
  checkProducts(model, provider);
  if (!providers().includes(provider)) {
    throw new MpaError("RUNTIME", `provider ${provider} is not in this build of ONNX Runtime`, {
      where: `it has: ${providers().join(", ")}`,
    });
  }
  try {
    return await InferenceSession.create(model.bytes, {
      executionProviders: [provider],
      ...(threads !== undefined && { intraOpNumThreads: threads }),
      interOpNumThreads: 1,
      // The pattern plan allocates a second arena beside the first.
      enableMemPattern: false,
      graphOptimizationLevel: optimisation,
      // A refusal is reported as an error, not on the standard error output as well.
      logSeverityLevel: isProcessor(provider) ? 3 : 4,
      ...(profilePrefix !== undefined && { enableProfiling: true, profileFilePrefix: profilePrefix }),
      extra: {
        session: {
          // Threads that wait awake for their share of a node take the processor from other sessions, JavaScript and other programs: on
          // two shared cores two threads of the detector used 60 % more processor time than one, and took longer.
          intra_op: { allow_spinning: "0" },
          ...(!allowsFallback && providerEntries(provider)),
          // Weights are stored unsigned then: their products are exact, but slower on processors that do not need it.
          ...(model.multipliesBytes && (await saturatesInt8Sums()) && { x64quantprecision: "1" }),
          ...(weightsFolder !== undefined && { model_external_initializers_file_folder_path: weightsFolder }),
        },
      },
    });
  } catch (error) {
    if (!isFallbackRefused(error)) throw openingFailure(provider, error, weightsFolder);
    throw fallbackFailure(provider, await nodesLeft(model, options), error);
  }
}

let saturates: Promise<boolean> | undefined;

/**
 * Whether sums of products of unsigned by signed bytes saturate here: x86 before VNNI adds pairs of them in sixteen bits. Tried once
 * a process with the largest bytes; ONNX Runtime's own test (`session.x64quantprecision`) takes every x86 processor for one of these.
 */
function saturatesInt8Sums(): Promise<boolean> {
  saturates ??= findSaturation();
  return saturates;
}

async function findSaturation(): Promise<boolean> {
  // Σ x·w of ones in eight bits, 255 and 127: it is `length`, or about half of it if sums saturate.
  const length = 64;
  const ones = new Float32Array(length).fill(1);
  const [product] = newNode("bytesProduct", [{ dtype: "float32", shape: [1, length] }], {
    attributes: {},
    inputs: [input("x", [1, length]), constant(new Int8Array(length * length).fill(127), [length, length])],
    emit: ({ node, number, fresh, inputs: [x, w], outputs }) => {
      const [bytes, step, zero] = [fresh(), fresh(), fresh()];
      node("DynamicQuantizeLinear", [x], [bytes, step, zero]);
      const scales = [step, number(1 / 127, "float32")];
      node("MatMulIntegerToFloat", [bytes, w, ...scales, zero], outputs, {}, "com.microsoft");
    },
  });
  const session = await InferenceSession.create(toOnnx({ product }).bytes, {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const results = await session.run({ x: new Tensor("float32", ones, [1, length]) });
  await session.release();
  return Number(results.product.data[0]) < 0.9 * length;
}
