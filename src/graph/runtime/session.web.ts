/**
 * ONNX Runtime in the browser: WebGPU, or WebAssembly with SIMD and, on a page that is cross-origin isolated, threads.
 * WebAssembly computes on the calling thread, so call it from a Worker.
 */
import type { InferenceSession } from "onnxruntime-web";
import { MpaError } from "../../platform/errors.ts";
import type { OnnxModel } from "../onnx.ts";
import { fallbackFailure, isFallbackRefused, openingFailure } from "./failures.ts";
import { checkProducts, type OpenSession, providerEntries, type SessionOptions, wrapSession } from "./session.ts";

/** Each provider's build of the runtime, loaded on first use. */
export const builds = {
  wasm: () => import("onnxruntime-web/wasm"),
  webgpu: () => import("onnxruntime-web/webgpu"),
} as const;

export type WebProvider = keyof typeof builds;
type Runtime = Awaited<ReturnType<(typeof builds)[WebProvider]>>;

const isWebProvider = (name: string): name is WebProvider => Object.hasOwn(builds, name);

/** Opens a session. A provider that this browser lacks is an error; no other one is taken in its place. Throws RUNTIME. */
export const openSession: OpenSession = async (model, options = {}) => {
  const runtime = await loadRuntime(options);
  const native = await create(runtime, model, options);
  return wrapSession(native, model, runtime.Tensor, options.provider ?? "wasm");
};

/** The providers of this browser, the fastest first; "wasm" is always among them. */
export async function providers(): Promise<readonly [WebProvider, ...WebProvider[]]> {
  const gpu = await graphics();
  if (gpu === "none") return ["wasm"];
  return gpu === "hardware" ? ["webgpu", "wasm"] : ["wasm", "webgpu"];
}

/** How many threads WebAssembly may use here: 1 unless the page is cross-origin isolated. */
export const usableThreads = (): number => (globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1);

/**
 * How many of the usable threads to take where nothing else is said: half, four at most, as ONNX Runtime does. Threads spin between two
 * products, so with all cores busy they only wait for each other.
 */
export const usualThreads = (usable = usableThreads()): number => Math.min(4, Math.ceil(usable / 2));

async function loadRuntime({ provider = "wasm", threads = 1 }: SessionOptions): Promise<Runtime> {
  if (!isWebProvider(provider) || (provider !== "wasm" && !(await providers()).includes(provider))) {
    const known = (await providers()).join(", ");
    throw new MpaError("RUNTIME", `provider ${provider} is not in this browser`, { where: `it has: ${known}` });
  }
  const runtime = await builds[provider]();
  // The first session decides the threads of the whole runtime. Each loads the file into which a bundler put the runtime, so there are
  // none unless they are asked for (docs/browser.md, Threads).
  runtime.env.wasm.numThreads = Math.min(threads, usableThreads());
  runtime.env.logLevel = "error";
  return runtime;
}

async function create(runtime: Runtime, model: OnnxModel, options: SessionOptions): Promise<InferenceSession> {
  const { provider = "wasm", weightBytes = {}, optimisation = "all" } = options;
  checkProducts(model, provider);
  try {
    return await runtime.InferenceSession.create(model.bytes, {
      executionProviders: [provider],
      enableMemPattern: false,
      graphOptimizationLevel: optimisation,
      logSeverityLevel: 3,
      extra: { session: { ...providerEntries(provider) } },
      externalData: Object.entries(weightBytes).map(([path, data]) => ({ path, data })),
    });
  } catch (cause) {
    if (isFallbackRefused(cause)) throw fallbackFailure(provider, undefined, cause);
    throw openingFailure(provider, cause, Object.keys(weightBytes).join(", "));
  }
}

type Graphics = "hardware" | "software" | "none";
let found: Promise<Graphics> | undefined;

/** The kind of graphics, found once: a browser without an adapter logs an error at each request. */
function graphics(): Promise<Graphics> {
  found ??= findGraphics();
  return found;
}

async function findGraphics(): Promise<Graphics> {
  if (!("gpu" in navigator)) return "none";
  const adapter = await navigator.gpu.requestAdapter();
  if (adapter === null) return "none";
  // A graphics card in software is slower than WebAssembly.
  return adapter.info.isFallbackAdapter ? "software" : "hardware";
}
