/**
 * Symbolic tensors. A `Tensor` is one output of a `Node`; a node is an operator applied to tensors.
 * Nothing is computed here: a graph is built, differentiated (`gradient.ts`), printed (`print.ts`) and written
 * as ONNX (`onnx.ts`); a runtime runs it. Shapes are static: one graph serves one batch size.
 */

/* What an operator sees when it is written as ONNX: names in, names out, and a place for nodes and small constants. */

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

export type DType = "float32" | "float64" | "float16" | "bfloat16" | "int64" | "int8" | "bool";
export type Shape = readonly number[];
export type AttributeValue = number | string | boolean | readonly number[] | undefined;
export type Attributes = Readonly<Record<string, AttributeValue>>;
/** The values of a constant. */
export type TypedValues = Float32Array | Float64Array | BigInt64Array | Int8Array;

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A shape and its values outside any graph: a learned tensor, or another one of a checkpoint. */
export interface TensorData {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** Where a frozen weight lies: bytes [offset, offset + length) of a file beside the model. */
export interface ExternalData {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/** What a tensor without inputs is. Only a `parameter` is trainable. */
export type Leaf =
  | { readonly kind: "input" | "parameter"; readonly name: string }
  | { readonly kind: "constant"; readonly values: TypedValues }
  | { readonly kind: "weight"; readonly name: string; readonly data: ExternalData };

/** One output of a node of a graph: a type and where it comes from; values are only there when the graph runs. */
export interface Tensor extends TensorType {
  readonly node: Node;
  /** which output of the node */
  readonly output: number;
}

/** Gradient of the loss with respect to one input, built only if that input leads to a parameter. */
export type Pullback = () => Tensor;

export interface Node {
  readonly operator: string;
  readonly attributes: Attributes;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly leaf?: Leaf;
  /** one pullback an input; `undefined` where the operator has no derivative there */
  readonly pull?: (grads: readonly (Tensor | undefined)[]) => readonly (Pullback | undefined)[];
  readonly emit?: (emission: Emission) => void;
}

export const elements = (shape: Shape): number => shape.reduce((product, d) => product * d, 1);

export const isFloat = (dtype: DType): boolean => dtype === "float32" || dtype === "float64";

function leaf(type: TensorType, leafOf: Leaf): Tensor {
  return newNode(leafOf.kind, [type], { inputs: [], attributes: {}, leaf: leafOf })[0];
}

/** A value fed at each run. */
export const input = (name: string, shape: Shape, dtype: DType = "float32"): Tensor =>
  leaf({ dtype, shape }, { kind: "input", name });

/** A trainable value fed at each run. */
export const parameter = (name: string, shape: Shape, dtype: DType = "float32"): Tensor =>
  leaf({ dtype, shape }, { kind: "parameter", name });

/** A value written into the graph itself. */
export function constant(values: TypedValues, shape: Shape): Tensor {
  return leaf({ dtype: dtypeOf(values), shape }, { kind: "constant", values });
}

/** A constant of one element, shape []. */
export function scalar(value: number, dtype: DType = "float32"): Tensor {
  return constant(dtype === "float64" ? Float64Array.of(value) : Float32Array.of(value), []);
}

/** A frozen weight that stays in its own file. */
export const weight = (name: string, type: TensorType, data: ExternalData): Tensor =>
  leaf(type, { kind: "weight", name, data });

/** A node and its outputs, which refer to each other. */
export function newNode(
  operator: string,
  types: readonly TensorType[],
  rest: Omit<Node, "operator" | "outputs">,
): readonly Tensor[] {
  const outputs: Tensor[] = [];
  const node: Node = { operator, outputs, ...rest };
  types.forEach((type, output) => {
    outputs.push({ node, output, dtype: type.dtype, shape: type.shape });
  });
  return outputs;
}

function dtypeOf(values: TypedValues): DType {
  if (values instanceof Float32Array) return "float32";
  if (values instanceof Int8Array) return "int8";
  return values instanceof Float64Array ? "float64" : "int64";
}
