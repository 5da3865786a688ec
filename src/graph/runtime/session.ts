/** Sessions: each runs one graph. The runtimes of Node and of browsers keep one contract (`test/sessionContract.ts`). */

import type { InferenceSession, Tensor, TensorConstructor } from "onnxruntime-node";
import { MpaError } from "../../platform/errors.ts";
import { Lifetime } from "../../platform/lifetime.ts";
import type { OnnxModel } from "../onnx.ts";
import { isProcessor } from "../target.ts";
import { type DType, elements, type Shape } from "../tensor.ts";
import { type NodeCounts, runFailure } from "./failures.ts";

/** Values of a graph's inputs by name, half precision as bits; shapes are the graph's own, where those are not free. */
export type Feeds = Readonly<Record<string, Float32Array | Float64Array | BigInt64Array | Uint16Array>>;
/** Values of a graph's outputs by name, half precision as bits. */
export type Results = Feeds;

/** How a session is opened. */
export interface SessionOptions {
  readonly threads?: number;
  /** sessions that run in parallel and share the threads, where JavaScript has threads of its own (`sessionPool.node.ts`); default 1 */
  readonly poolSize?: number;
  readonly provider?: string;
  /** folder that holds the files named as external data, where there is a file system */
  readonly weightsFolder?: string;
  /** those files' bytes by name, where there is none */
  readonly weightBytes?: Readonly<Record<string, Uint8Array>>;
  /** @internal start of the name of a file with the time of each node, which the runtime writes at `dispose` */
  readonly profilePrefix?: string;
  /** how far the runtime may rewrite the graph; default "all" */
  readonly optimisation?: "disabled" | "basic" | "extended" | "all";
  /** @internal count the nodes of the first run by provider (`Session.placement`), where there is a file system and no pool; default false */
  readonly countsNodes?: boolean;
}

/** Nodes by provider and operator. */
export type Placement = Readonly<Record<string, NodeCounts>>;

/** A graph that runs. */
export interface Session {
  /** how many runs it works on at a time; further ones wait */
  readonly concurrency: number;
  /**
   * An axis that the model's interface gives as −1 is free: `shapes` has the shape of such an input in this run.
   * Throws INTERNAL when a feed is missing or does not have the length of its shape, USAGE after `dispose`, MEMORY where the memory of
   * the provider does not hold the run, RUNTIME for any other failure, such as a graphics device that was lost.
   */
  run(feeds: Feeds, shapes?: Readonly<Record<string, Shape>>): Promise<Results>;
  /** @internal Where the nodes of the first run ran; undefined before it, and without `countsNodes`. */
  placement?(): Placement | undefined;
  /** Frees it after the runs that are under way; a second call does nothing. */
  dispose(): Promise<void>;
}

export type OpenSession = (model: OnnxModel, options?: SessionOptions) => Promise<Session>;

export interface PoolSizeOptions {
  readonly threads: number;
  readonly provider: string;
  /** the size itself, where the caller knows better: 1 answers a single image soonest */
  readonly poolSize?: number;
}

/**
 * The number of sessions for a batch of `parts` runs: two where two can share the threads evenly. Each stores packed weights of its
 * own, so more than two are opened only on request.
 */
export function choosePoolSize({ threads, provider, poolSize }: PoolSizeOptions, parts: number): number {
  if (poolSize !== undefined) return poolSize;
  return provider === "cpu" && parts > 1 && threads % 2 === 0 ? 2 : 1;
}

/**
 * Session configuration of ONNX Runtime for a provider. On another one than the processor itself, the runtime refuses a graph of which
 * it would leave nodes to the CPU, where they would run in silence and each with copies between two memories.
 */
export const providerEntries = (provider: string): Readonly<Record<string, string>> =>
  isProcessor(provider) ? {} : { disable_cpu_ep_fallback: "1" };

/** Throws RUNTIME where a graph multiplies bytes and the provider has no such products. */
export function checkProducts({ multipliesBytes }: OnnxModel, provider: string): void {
  if (!multipliesBytes || isProcessor(provider)) return;
  const fix = "use --precision fp32, or --provider cpu";
  throw new MpaError("RUNTIME", `${provider} has no products of eight bits (--precision int8)`, { fix });
}

/**
 * A `Session` over a session of ONNX Runtime, whose own `Tensor` class is given: feeds are checked and become tensors, results
 * become plain arrays.
 */
export function wrapSession(
  native: InferenceSession,
  model: OnnxModel,
  tensorOf: TensorConstructor,
  provider: string,
): Session {
  const lifetime = new Lifetime("the session", () => native.release());
  return {
    concurrency: 1,
    run: (feeds, shapes = {}) =>
      lifetime.use(async () => {
        const tensors = toTensors(model, feeds, shapes, tensorOf);
        const results = await native.run(tensors).catch((error: unknown) => {
          throw runFailure(provider, error);
        });
        return Object.fromEntries(
          Object.entries(results).map(([name, tensor]) => [name, values(name, tensor)]),
        ) satisfies Results;
      }),
    dispose: () => lifetime.dispose(),
  };
}

/** Feeds of zeros for a trial run. An axis that is free gets size 1 if it is the first, the batch, else 64. */
export function zeroFeeds({ inputs }: OnnxModel): {
  readonly feeds: Feeds;
  readonly shapes: Readonly<Record<string, Shape>>;
} {
  const feeds: Record<string, Feeds[string]> = {};
  const shapes: Record<string, Shape> = {};
  for (const [name, { dtype, shape: declared }] of Object.entries(inputs)) {
    const shape = declared.map((size, axis) => (size > 0 ? size : axis === 0 ? 1 : 64));
    const length = elements(shape);
    shapes[name] = shape;
    feeds[name] = zeros(dtype, length);
  }
  return { feeds, shapes };
}

function zeros(dtype: DType, length: number): Feeds[string] {
  if (dtype === "int64") return new BigInt64Array(length);
  if (dtype === "float64") return new Float64Array(length);
  return dtype === "float16" ? new Uint16Array(length) : new Float32Array(length);
}

/** Nodes by provider of several sessions together; undefined where none was counted. */
export function nodesByProvider(placements: readonly (Placement | undefined)[]): NodeCounts | undefined {
  const known = placements.filter((placement) => placement !== undefined);
  if (known.length === 0) return undefined;
  const totals: Record<string, number> = {};
  for (const [provider, counts] of known.flatMap((placement) => Object.entries(placement))) {
    totals[provider] = Object.values(counts).reduce((sum, count) => sum + count, totals[provider] ?? 0);
  }
  return totals;
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
  if (data instanceof Uint16Array) return new TensorOf("float16", data, shape);
  return new TensorOf("int64", data, shape);
}

/** Values in single precision. */
export const single = (values: Results[string]): Float32Array =>
  values instanceof Float32Array ? values : Float32Array.from(values, Number);

function values(name: string, tensor: InferenceSession.OnnxValueMapType[string]): Results[string] {
  const { data } = tensor;
  if (data instanceof Float32Array || data instanceof Float64Array || data instanceof BigInt64Array) return data;
  // Where JavaScript has arrays of half precision, the runtime gives one of them, else bits.
  if (tensor.type === "float16" && ArrayBuffer.isView(data)) {
    return new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
  }
  throw new MpaError("INTERNAL", `output ${name}: unexpected type ${tensor.type}`);
}
