/**
 * Symbolic tensors: a `Tensor` is one output of a `Node`, and a node is an operator applied to tensors.
 * Nothing is computed here: a graph is built, differentiated (`gradient.ts`), printed (`print.ts`) and written
 * as ONNX (`onnx.ts`); a runtime runs it. Shapes are static: one graph serves one batch size.
 */

import { toHalf } from "./half.ts";
import type { Target } from "./target.ts";

/** Element type of a tensor. */
export type DType = "float32" | "float64" | "float16" | "bfloat16" | "int64" | "int8" | "bool";
/** Sizes of the axes, the outermost first. */
export type Shape = readonly number[];
export type AttributeValue = number | string | boolean | readonly number[] | undefined;
/** Attributes of a node by name. */
export type Attributes = Readonly<Record<string, AttributeValue>>;
/** The values of a constant; 16 bits are a number in half precision (`half.ts`). */
export type TypedValues = Float32Array | Float64Array | BigInt64Array | Int8Array | Uint16Array;

/** Element type and shape of a tensor. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A shape and its values outside any graph: a learned tensor, for instance, or another one of a checkpoint. */
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

/** The kind of a node without inputs. Only a `parameter` is trainable. */
export type Leaf =
  | { readonly kind: "input" | "parameter"; readonly name: string }
  | { readonly kind: "constant"; readonly values: TypedValues }
  | { readonly kind: "weight"; readonly name: string; readonly data: ExternalData };

/** One output of a node: a type and where it comes from. Values exist only while the graph runs. */
export interface Tensor extends TensorType {
  /** @internal */
  readonly node: Node;
  /** which output of the node */
  readonly output: number;
}

/** An operator applied to tensors, or a leaf. */
export interface Node {
  /** the operator's name, for people; what depends on the operator is in `traits`, `pull` and `emit` */
  readonly operator: string;
  readonly attributes: Attributes;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly leaf?: Leaf;
  readonly traits?: OperatorTraits;
  /** one pullback an input; `undefined` where the operator has no derivative there */
  readonly pull?: (grads: readonly (Tensor | undefined)[]) => readonly (Pullback | undefined)[];
  readonly emit?: (emission: Emission) => void;
}

/** Gradient of the loss with respect to one input, built only if that input leads to a parameter. */
export type Pullback = () => Tensor;

/** Properties of an operator that memory estimates and ONNX files depend on; what is absent does not apply. */
export interface OperatorTraits {
  /** the output is the first input in another shape, and shares its memory */
  readonly isView?: true;
  /** @internal the output is the first input in another type: of a frozen weight, a runtime stores that in its place */
  readonly converts?: true;
  /** ONNX requires every output of the node to have a name, also those that nobody reads */
  readonly keepsAllOutputs?: true;
  /** @internal multiplies bytes, whose sums saturate on some processors unless the runtime is configured to avoid it */
  readonly multipliesBytes?: true;
  /** Multiply–add pairs of its matrix products; two floating-point operations each. */
  multiplyAdds?(inputs: readonly TensorType[], outputs: readonly TensorType[]): number;
  /** @internal What a runtime stores beside a frozen weight for its products, once for all nodes that read the weight. */
  packed?(inputs: readonly Tensor[]): { readonly weight: Tensor; readonly bytes: number };
}

/** The place into which an operator writes its ONNX nodes: names of its inputs and outputs, and ways to add to the graph. */
export interface Emission {
  readonly inputs: readonly string[];
  /** an output that nobody reads has the name "", unless the operator keeps all of them */
  readonly outputs: readonly string[];
  readonly inputTypes: readonly TensorType[];
  readonly outputTypes: readonly TensorType[];
  /** the kernels for which the graph is written */
  readonly target: Target;
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
  /** The same for a shape, whose batch may be free; `canInfer`: the node takes −1 for the one size that it can infer. */
  shape(shape: Shape, canInfer: boolean): string;
  /** The name of a scalar constant of the given type. */
  number(value: number, dtype: DType): string;
  /** A fresh name for a value between two nodes. */
  fresh(): string;
  /** The names that `write` returns, which is called once a graph for each key: for nodes that several operators share. */
  once(key: string, write: () => readonly string[]): readonly string[];
}

/** Integers become INT (a list INTS) attributes; `{ float }` a FLOAT one; text a STRING one. */
export type OnnxAttributes = Readonly<Record<string, Exclude<AttributeValue, undefined> | { readonly float: number }>>;

/** The number of elements of a shape. */
export const elements = (shape: Shape): number => shape.reduce((product, d) => product * d, 1);

export const isFloat = (dtype: DType): boolean => dtype === "float32" || dtype === "float64";

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
  if (dtype === "float64") return constant(Float64Array.of(value), []);
  const single = Float32Array.of(value);
  return constant(dtype === "float16" ? toHalf(single) : single, []);
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

const leaf = (type: TensorType, of: Leaf): Tensor =>
  newNode(of.kind, [type], { inputs: [], attributes: {}, leaf: of })[0];

function dtypeOf(values: TypedValues): DType {
  if (values instanceof Float32Array) return "float32";
  if (values instanceof Uint16Array) return "float16";
  if (values instanceof Int8Array) return "int8";
  return values instanceof Float64Array ? "float64" : "int64";
}
