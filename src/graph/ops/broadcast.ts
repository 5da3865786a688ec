/** Broadcasting and its gradient, for `expand` and `reduceSum` are each other's; and reshapes. */

import { onnxTypes } from "../onnxMessages.ts";
import { define, only, reject } from "../operator.ts";
import type { Shape, Tensor, TensorType } from "../tensor.ts";

/** The common shape of two shapes by NumPy's rules, or undefined. */
export function broadcastShape(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let i = 0; i < rank; i++) {
    const m = a[i - rank + a.length] ?? 1;
    const n = b[i - rank + b.length] ?? 1;
    if (m !== n && m !== 1 && n !== 1) return undefined;
    shape.push(m === 1 ? n : m);
  }
  return shape;
}

const reduceSumOperator = define<{ axes: readonly number[]; keep: boolean }>({
  name: "reduceSum",
  types: ([x], { axes, keep }) => [{ dtype: x.dtype, shape: reducedShape(x, axes, keep) }],
  gradient: ({ inputs: [x], attributes: { axes }, grads }) => {
    const grad = only(grads, "reduceSum");
    return [() => expand(reshape(grad, reducedShape(x, axes, true)), x.shape)];
  },
  emit: ({ node, ints, fresh, inputs: [x], inputTypes: [{ dtype }], outputs }, { axes, keep }) => {
    const sum = (from: string, to: string) => node("ReduceSum", [from, ints(axes)], [to], { keepdims: keep ? 1 : 0 });
    if (dtype !== "float16") return sum(x, outputs[0]);
    // Sums in half precision would overflow, and lose a digit with every thousand terms.
    const [wide, total] = [fresh(), fresh()];
    node("Cast", [x], [wide], { to: onnxTypes.float32 });
    sum(wide, total);
    return node("Cast", [total], outputs, { to: onnxTypes.float16 });
  },
  samples: [
    { shapes: [[2, 3, 4]], attributes: { axes: [1], keep: false } },
    { shapes: [[2, 3, 4]], attributes: { axes: [0, 2], keep: true } },
  ],
});

/** Sum over `axes`, which remain as size 1 where `keep` is set. */
export const reduceSum = (x: Tensor, axes: readonly number[], keep = false): Tensor =>
  reduceSumOperator([x], { axes: axes.map((a) => (a < 0 ? a + x.shape.length : a)), keep })[0];

const expandOperator = define<{ shape: Shape }>({
  name: "expand",
  types: ([x], { shape }) => {
    const common = broadcastShape(x.shape, shape);
    if (common === undefined || common.length !== shape.length || common.some((d, i) => d !== shape[i])) {
      return reject("expand", `a shape that broadcasts to [${shape.join(",")}]`, [x]);
    }
    return [{ dtype: x.dtype, shape }];
  },
  gradient: ({ inputs: [x], grads }) => [() => unbroadcast(only(grads, "expand"), x.shape)],
  emit: (emission, { shape }) =>
    emission.node("Expand", [emission.inputs[0], emission.shape(shape, false)], emission.outputs),
  samples: [{ shapes: [[3, 1]], attributes: { shape: [2, 3, 4] } }],
});

/** Repeats x along new or unit axes to `shape`. */
export const expand = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : expandOperator([x], { shape })[0];

const reshapeOperator = define<{ shape: Shape }>({
  name: "reshape",
  isView: true,
  types: ([x], { shape }) =>
    shape.reduce((a, b) => a * b, 1) === x.shape.reduce((a, b) => a * b, 1)
      ? [{ dtype: x.dtype, shape }]
      : reject("reshape", `as many elements as [${shape.join(",")}]`, [x]),
  gradient: ({ inputs: [x], grads }) => [() => reshape(only(grads, "reshape"), x.shape)],
  emit: (emission, { shape }) =>
    emission.node("Reshape", [emission.inputs[0], emission.shape(shape, true)], emission.outputs),
  samples: [{ shapes: [[2, 6]], attributes: { shape: [3, 4] } }],
});

/** The same elements, row-major, in another shape. */
export const reshape = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : reshapeOperator([x], { shape })[0];

/** The gradient of a tensor of `shape` that was broadcast: the sum over the axes that were added or repeated. */
export function unbroadcast(grad: Tensor, shape: Shape): Tensor {
  const added = grad.shape.length - shape.length;
  const axes = grad.shape.flatMap((d, i) => (i < added || (d !== 1 && shape[i - added] === 1) ? [i] : []));
  return reshape(axes.length === 0 ? grad : reduceSum(grad, axes, true), shape);
}

/** Whether two shapes are equal. */
export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i]);

function reducedShape(x: TensorType, axes: readonly number[], keep: boolean): Shape {
  return x.shape.flatMap((d, i) => (axes.includes(i) ? (keep ? [1] : []) : [d]));
}
