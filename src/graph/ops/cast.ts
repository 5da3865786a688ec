/** Conversion of frozen half-precision weights to single precision. */

import { onnxTypes } from "../onnxTypes.ts";
import { define, only } from "../operator.ts";
import type { DType, Tensor } from "../tensor.ts";

const castOperator = define<{ to: DType }>({
  name: "cast",
  types: ([x], { to }) => [{ dtype: to, shape: x.shape }],
  gradient: ({ inputs: [x], grads }) => [() => cast(only(grads, "cast"), x.dtype)],
  emit: ({ node, inputs, outputs }, { to }) => node("Cast", inputs, outputs, { to: onnxTypes[to] }),
  samples: [{ shapes: [[2, 3]], attributes: { to: "float64" } }],
});

/** x in another type. */
export const cast = (x: Tensor, to: DType): Tensor => (x.dtype === to ? x : castOperator([x], { to })[0]);
