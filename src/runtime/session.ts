/** A session runs one graph. Two runtimes (Node and the browser) keep one contract. */
import type { OnnxModel } from "../graph/onnx.ts";
import type { Shape } from "../graph/tensor.ts";

/** What goes in and comes out, by name; shapes are the graph's own, where those are not free. */
export type Feeds = Readonly<Record<string, Float32Array | Float64Array | BigInt64Array>>;
export type Results = Readonly<Record<string, Float32Array | Float64Array | BigInt64Array>>;

export interface SessionOptions {
  readonly threads?: number;
  /** sessions side by side that share the threads, where the runtime has threads of JavaScript (`strands.ts`); default 1 */
  readonly strands?: number;
  readonly provider?: string;
  /** folder that holds the files named as external data, where there is a file system */
  readonly weightsFolder?: string;
  /** those files' bytes by name, where there is none */
  readonly weightBytes?: Readonly<Record<string, Uint8Array>>;
  /** start of the name of a file in which the runtime tells of the time of each node, written by `dispose` */
  readonly profilePrefix?: string;
  /** how far the runtime may rewrite the graph; default "all" */
  readonly optimisation?: "disabled" | "basic" | "extended" | "all";
}

export interface Session {
  /** runs that it works on at a time; more of them wait */
  readonly concurrency: number;
  /**
   * An axis that the model's interface gives as −1 is free: `shapes` has the shape of such an input in this run.
   * Throws INTERNAL when a feed is missing or does not have the length of its shape.
   */
  run(feeds: Feeds, shapes?: Readonly<Record<string, Shape>>): Promise<Results>;
  dispose(): Promise<void>;
}

export type OpenSession = (model: OnnxModel, options?: SessionOptions) => Promise<Session>;
