/** ONNX's numbers for element types (onnx.proto, TensorProto.DataType). */
import type { DType } from "./tensor.ts";

export const onnxTypes: Readonly<Record<DType | "uint8", number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
};
