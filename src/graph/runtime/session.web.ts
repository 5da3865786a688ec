/**
 * ONNX Runtime in the browser: WebGPU, or WebAssembly with SIMD and, on a page that is cross-origin isolated, threads.
 * WebAssembly computes on the calling thread, so call it from a Worker.
 */
import type { InferenceSession } from "onnxruntime-web";
import { MpaError } from "../../platform/errors.ts";
import type { OnnxModel } from "../onnx.ts";
import { fallbackFailure, isFallbackRefused, openingFailure } from "./failures.ts";
import { nodesOnCpu } from "./placementLog.ts";
import { logOf, throughListener } from "./runtimeLog.web.ts";
import { checkProducts, type OpenSession, providerEntries, type SessionOptions, wrapSession } from "./session.ts";

/** Execution provider of a browser. */
export type WebProvider = "wasm" | "webgpu";

/** Each provider's build of the runtime, loaded on first use. */
export const builds = {
  wasm: () => import("onnxruntime-web/wasm"),
  webgpu: () => import("onnxruntime-web/webgpu"),
} as const satisfies Readonly<Record<WebProvider, () => Promise<unknown>>>;

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
  const adapter = await graphicsAdapter();
  if (adapter === undefined) return ["wasm"];
  // A graphics card in software is slower than WebAssembly.
  return adapter.isSoftware ? ["wasm", "webgpu"] : ["webgpu", "wasm"];
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
  const { provider = "wasm", weightBytes = {} } = options;
  checkProducts(model, provider);
  try {
    const how = { ...nativeOptions(options), extra: { session: { ...providerEntries(provider) } } };
    return await throughListener(() =>
      runtime.InferenceSession.create(model.bytes, { ...how, logSeverityLevel: severity.error }),
    );
  } catch (cause) {
    if (isFallbackRefused(cause)) throw fallbackFailure(provider, await nodesLeft(runtime, model, options), cause);
    throw openingFailure(provider, cause, Object.keys(weightBytes).join(", "));
  }
}

const nativeOptions = ({ provider = "wasm", weightBytes = {}, optimisation = "all" }: SessionOptions) => ({
  executionProviders: [provider],
  enableMemPattern: false,
  graphOptimizationLevel: optimisation,
  externalData: Object.entries(weightBytes).map(([path, data]) => ({ path, data })),
});

/** Severities of ONNX Runtime's log. */
const severity = { verbose: 0, error: 3 } as const;

/**
 * Nodes that a provider would leave to the CPU; undefined where that is not known. The runtime has no other way to tell them here than
 * its log.
 */
async function nodesLeft(runtime: Runtime, model: OnnxModel, options: SessionOptions) {
  const log = await logOf(async () => {
    const how = { ...nativeOptions(options), logSeverityLevel: severity.verbose };
    await (await runtime.InferenceSession.create(model.bytes, how)).release();
  });
  return nodesOnCpu(log);
}

/** What a browser tells of a graphics adapter; texts that it holds back are empty. */
export interface GraphicsAdapter {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** computed on the processor */
  readonly isSoftware: boolean;
}

let found: Promise<GraphicsAdapter | undefined> | undefined;

/** The adapter that WebGPU takes, found once: a browser without one logs an error at each request. */
export function graphicsAdapter(): Promise<GraphicsAdapter | undefined> {
  found ??= findAdapter();
  return found;
}

async function findAdapter(): Promise<GraphicsAdapter | undefined> {
  if (!("gpu" in navigator)) return undefined;
  const adapter = await navigator.gpu.requestAdapter();
  if (adapter === null) return undefined;
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  return { vendor, architecture, description, isSoftware: isFallbackAdapter };
}

/** An adapter in a few words: its description, or else vendor and architecture, as far as the browser tells them. */
export function adapterName({ vendor, architecture, description, isSoftware }: GraphicsAdapter): string {
  const name = description || [vendor, architecture].filter((text) => text !== "").join(" ") || "an unnamed adapter";
  return isSoftware ? `${name}, in software` : name;
}
