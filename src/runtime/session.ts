/** A session runs one graph. Two runtimes (Node and the browser) keep one contract. */
import type { OnnxModel } from "../graph/onnx.ts";

/** What goes in and comes out, by name; shapes are the graph's own. */
export type Feeds = Readonly<Record<string, Float32Array | Float64Array | BigInt64Array>>;
export type Results = Readonly<Record<string, Float32Array | Float64Array | BigInt64Array>>;

export interface SessionOptions {
  readonly threads?: number;
  readonly provider?: string;
  /** folder that holds the files named as external data, where there is a file system */
  readonly weightsFolder?: string;
  /** those files' bytes by name, where there is none */
  readonly weightBytes?: Readonly<Record<string, Uint8Array>>;
  /** how far the runtime may rewrite the graph; default "all" */
  readonly optimisation?: "disabled" | "basic" | "extended" | "all";
}

export interface Session {
  /** Throws INTERNAL when a feed is missing or has another length than the graph's input. */
  run(feeds: Feeds): Promise<Results>;
  dispose(): Promise<void>;
}

export type OpenSession = (model: OnnxModel, options?: SessionOptions) => Promise<Session>;
