/** What an operator sees when it is written as ONNX: names in, names out, and a place for nodes and small constants. */
import type { AttributeValue, DType, Shape, TensorType } from "./tensor.ts";

export interface Emission {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly inputTypes: readonly TensorType[];
  readonly outputTypes: readonly TensorType[];
  /** Adds an ONNX node. Microsoft's operators (`domain` "com.microsoft") are part of every ONNX Runtime build. */
  node(
    op: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes?: OnnxAttributes,
    domain?: string,
  ): void;
  /** The name of an int64 constant of one dimension. */
  ints(values: readonly number[]): string;
  /** The same for a shape, whose batch may be free; `canInfer`: the node takes −1 for the one size that it can find out. */
  shape(shape: Shape, canInfer: boolean): string;
  /** whether to keep to ONNX's own operators, for runtimes that know no others */
  readonly isPortable: boolean;
  /** The name of a scalar of the given type. */
  number(value: number, dtype: DType): string;
  /** A fresh name for a value between two nodes. */
  fresh(): string;
  /** The names that `write` gives, which is called once a graph for each key: for what several operators share. */
  once(key: string, write: () => readonly string[]): readonly string[];
}

/** Integers become INT (a list INTS) attributes; `{ float }` a FLOAT one; text a STRING one. */
export type OnnxAttributes = Readonly<Record<string, Exclude<AttributeValue, undefined> | { readonly float: number }>>;
