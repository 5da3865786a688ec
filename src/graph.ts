/**
 * The graph engine: static graphs of tensors, their gradients, their ONNX form, and sessions that run them in Node.
 *
 * @experimental Names and shapes may change in any minor version.
 * @module mpa-fer/graph
 */
export { type Cut, cut } from "./graph/cut.ts";
export { gradient } from "./graph/gradient.ts";
export { estimateMemory, type MemoryEstimate } from "./graph/memory.ts";
export { type OnnxModel, toOnnx, type WritingOptions } from "./graph/onnx.ts";
export { define, type Operator, type OperatorSample } from "./graph/operator.ts";
export * from "./graph/ops/index.ts";
export { printGraph } from "./graph/print.ts";
export { openSession, providers } from "./graph/runtime/session.node.ts";
export type { Feeds, Results, Session, SessionOptions } from "./graph/runtime/session.ts";
export { type Target, type TargetName, targetOf, targets } from "./graph/target.ts";
export {
  type Attributes,
  constant,
  type DType,
  type Emission,
  type ExternalData,
  elements,
  input,
  parameter,
  type Shape,
  scalar,
  type Tensor,
  type TensorData,
  type TensorType,
  type TypedValues,
  weight,
} from "./graph/tensor.ts";
