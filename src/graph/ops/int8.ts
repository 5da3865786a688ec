/** Products with frozen weights in eight bits. Activations and gradients are rounded as they arrive, so nothing is calibrated. */

import { onnxTypes } from "../onnxMessages.ts";
import { define, only, reject } from "../operator.ts";
import { type Emission, elements, type Tensor, type TensorType } from "../tensor.ts";
import { factorsOf, mul } from "./elementwise.ts";

/**
 * A frozen weight W [out, in] in eight bits, once for each direction; each column has its own scale. Every product takes its own
 * leaves, even of the same weight: ONNX Runtime may store each leaf in the layout that suits its processor.
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
  // Rounding counts as the identity (straight-through estimator); only x can be trainable.
  gradient: ({ inputs: [, , , , backward, backwardScale], grads }) => [
    () => int8Rows(only(grads, "int8Linear"), backward, backwardScale),
    ...Array.from({ length: 5 }, () => undefined),
  ],
  emit: (emission) => {
    const { node, inputs, outputs } = emission;
    const [x, forward, scale, bias] = inputs;
    const [bytes, step, zero] = inBytes(emission, x);
    node("MatMulIntegerToFloat", [bytes, forward, step, scale, zero, "", bias], outputs, {}, "com.microsoft");
  },
  rounds: true,
  multipliesBytes: true,
  multiplyAdds: productSize,
  samples: [],
});

/** x rounded by one scale, that scale, and its zero point: once for all products with x. */
const inBytes = ({ node, fresh, once }: Emission, x: string): readonly string[] =>
  once(`bytes of ${x}`, () => {
    const names = [fresh(), fresh(), fresh()];
    node("DynamicQuantizeLinear", [x], names);
    return names;
  });

/** x Wᵀ + b with x [rows, in] rounded to eight bits by one scale, b [out] in single precision. */
export const int8Linear = (x: Tensor, weight: Int8Weight, bias: Tensor): Tensor =>
  int8LinearOperator([x, weight.forward, weight.forwardScale, bias, weight.backward, weight.backwardScale], {})[0];

/** Multiply–add pairs of x [rows, in] with a product [rows, out]. */
function productSize([x]: readonly TensorType[], [product]: readonly TensorType[]): number {
  return elements(x.shape) * product.shape[1];
}

const int8RowsOperator = define<Record<string, never>>({
  name: "int8Rows",
  // the product of each row over the row's step, and those steps [rows, 1]
  types: ([x, w, scale]) => {
    const shape = productShape("int8Rows", x, w, [scale]);
    return [shape, [shape[0], 1]].map((each) => ({ dtype: x.dtype, shape: each }));
  },
  gradient: "none",
  emit: (emission) => {
    const { node, ints, number, fresh, inputs, outputs, inputTypes } = emission;
    const [x, w, scale] = inputs;
    const [size, largest, bounded, step, bytes] = Array.from({ length: 5 }, fresh);
    const [rows] = inputTypes[0].shape;
    const zero = zeroPoints(emission, rows);
    node("Abs", [x], [size]);
    node("ReduceMax", [size, ints([-1])], [largest], { keepdims: 0 });
    node("Max", [largest, number(smallestRow, "float32")], [bounded]);
    node("Mul", [bounded, number(1 / maxSteps, "float32")], [step]);
    node("QuantizeLinear", [x, step, zero.ofRows], [bytes], { axis: 0 });
    const scales = [number(1, "float32"), scale];
    node("MatMulIntegerToFloat", [bytes, w, ...scales, zero.ofAll], [outputs[0]], {}, "com.microsoft");
    node("Reshape", [step, ints([rows, 1])], [outputs[1]]);
  },
  rounds: true,
  multipliesBytes: true,
  multiplyAdds: productSize,
  samples: [],
});

/** x W. Gradients of tokens differ by orders of magnitude: with a scale for each row of x none of them is rounded to zero. */
function int8Rows(x: Tensor, w: Tensor, scale: Tensor): Tensor {
  const [bare, factor] = withoutRowFactor(x);
  const [product, steps] = int8RowsOperator([bare, w, scale], {});
  return mul(product, factor === undefined ? steps : mul(steps, factor));
}

/**
 * x without a factor of each row that an earlier product left, and that factor. Rounding by rows is the same with and without it,
 * so it is multiplied once, after the next product.
 */
function withoutRowFactor(x: Tensor): readonly [Tensor, Tensor | undefined] {
  const factors = factorsOf(x);
  if (factors === undefined) return [x, undefined];
  const [values, factor] = factors;
  if (isStep(factor)) return [values, factor];
  const [bare, outer] = withoutRowFactor(values);
  return outer === undefined ? [x, undefined] : [mul(bare, factor), outer];
}

const isStep = ({ node, output }: Tensor): boolean => node.operator === "int8Rows" && output === 1;

/** Minimum magnitude of a row, to avoid division by zero for a row of zeros. */
const smallestRow = 1e-30;

/** Steps from zero to the largest magnitude of a row. */
const maxSteps = 127;

/** The byte that stands for zero, once for each row and once for all. */
function zeroPoints({ node, ints, number, once, fresh }: Emission, rows: number) {
  const [ofAll, ofRows] = once(`zero points of ${rows} rows`, () => {
    const names = [fresh(), fresh()];
    node("Cast", [number(maxSteps + 1, "float32")], [names[0]], { to: onnxTypes.uint8 });
    node("Expand", [names[0], ints([rows])], [names[1]]);
    return names;
  });
  return { ofAll, ofRows };
}

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
