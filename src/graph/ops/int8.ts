/** Products with frozen weights in eight bits. What is multiplied by them is rounded as it comes, so nothing is calibrated. */
import { define, only, reject } from "../operator.ts";
import type { Tensor, TensorType } from "../tensor.ts";

/**
 * A frozen weight W [out, in] in eight bits, once for each way through it; each column has a scale of its own. Every product has
 * leaves of its own: two of one weight are two, for ONNX Runtime may store each anew for its processor.
 */
export interface Int8Weight {
  /** Wᵀ [in, out] and a scale an output */
  readonly forward: Tensor;
  readonly forwardScale: Tensor;
  /** W [out, in] and a scale an input */
  readonly backward: Tensor;
  readonly backwardScale: Tensor;
}

const int8LinearOperator = define<Record<string, never>>({
  name: "int8Linear",
  types: ([x, forward, scale, bias, backward]) => [
    { dtype: x.dtype, shape: productShape("int8Linear", x, forward, [scale, bias], backward) },
  ],
  // Rounding is taken for the identity; nothing else of it is trainable.
  gradient: ({ inputs: [, , , , backward, backwardScale], grads }) => [
    () => int8RowsOperator([only(grads, "int8Linear"), backward, backwardScale], {})[0],
    ...Array.from({ length: 5 }, () => undefined),
  ],
  emit: ({ node, inputs: [x, forward, scale, bias], outputs }) =>
    node("DynamicQuantizeMatMul", [x, forward, scale, "", bias], outputs, {}, "com.microsoft"),
  rounds: true,
  samples: [],
});

/** x Wᵀ + b with x [rows, in] rounded to eight bits by one scale, b [out] in single precision. */
export const int8Linear = (x: Tensor, weight: Int8Weight, bias: Tensor): Tensor =>
  int8LinearOperator([x, weight.forward, weight.forwardScale, bias, weight.backward, weight.backwardScale], {})[0];

const int8RowsOperator = define<Record<string, never>>({
  name: "int8Rows",
  types: ([x, w, scale]) => [{ dtype: x.dtype, shape: productShape("int8Rows", x, w, [scale]) }],
  gradient: "none",
  // Gradients of tokens differ by orders of magnitude: with each row at its own scale none is rounded to nothing.
  emit: ({ node, ints, number, fresh, inputs: [x, w, scale], outputs }) => {
    const [size, largest, divisor, even, product] = Array.from({ length: 5 }, fresh);
    node("Abs", [x], [size]);
    node("ReduceMax", [size, ints([-1])], [largest], { keepdims: 1 });
    node("Max", [largest, number(smallestRow, "float32")], [divisor]);
    node("Div", [x, divisor], [even]);
    node("DynamicQuantizeMatMul", [even, w, scale], [product], {}, "com.microsoft");
    node("Mul", [product, divisor], outputs);
  },
  rounds: true,
  samples: [],
});

/** A row of zeros stays one. */
const smallestRow = 1e-30;

function productShape(
  operator: string,
  x: TensorType,
  w: TensorType,
  columns: readonly TensorType[],
  back?: TensorType,
): readonly number[] {
  const [inner, out] = w.shape;
  const fits =
    x.shape.length === 2 &&
    x.shape[1] === inner &&
    w.dtype === "int8" &&
    columns.every(({ shape }) => shape[0] === out) &&
    (back === undefined || (back.shape[0] === out && back.shape[1] === inner));
  return fits ? [x.shape[0], out] : reject(operator, "x [rows,in], an int8 weight [in,out], [out] each", [x, w]);
}
