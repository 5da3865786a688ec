/** Elementwise arithmetic of two tensors, with broadcasting. */
import { define, only, reject } from "../operator.ts";
import { scalar, type Tensor, type TensorType } from "../tensor.ts";
import { broadcastShape, reduceSum, unbroadcast } from "./broadcast.ts";

type BinaryRule = (a: Tensor, b: Tensor, grad: Tensor) => readonly [() => Tensor, () => Tensor];

const binary = (name: string, op: string, rule: BinaryRule, range?: readonly [number, number]) => {
  const apply = define<Record<string, never>>({
    name,
    types: ([a, b]) => [{ dtype: a.dtype, shape: commonShape(name, a, b) }],
    gradient: ({ inputs: [a, b], grads }) => {
      const [pullA, pullB] = rule(a, b, only(grads, name));
      return [() => unbroadcast(pullA(), a.shape), () => unbroadcast(pullB(), b.shape)];
    },
    emit: ({ node, inputs, outputs }) => node(op, inputs, outputs),
    samples: [
      {
        shapes: [
          [2, 3],
          [2, 3],
        ],
        attributes: {},
        range,
      },
      {
        shapes: [
          [2, 1, 3],
          [4, 1],
        ],
        attributes: {},
        range,
      },
    ],
  });
  return (a: Tensor, b: Tensor): Tensor => apply([a, b], {})[0];
};

export const add = binary("add", "Add", (_a, _b, grad) => [() => grad, () => grad]);
export const sub = binary("sub", "Sub", (_a, _b, grad) => [() => grad, () => scale(grad, -1)]);
export const mul = binary("mul", "Mul", (a, b, grad) => [() => mul(grad, b), () => mul(grad, a)]);
export const div = binary(
  "div",
  "Div",
  (a, b, grad) => [() => div(grad, b), () => scale(div(mul(grad, a), mul(b, b)), -1)],
  [0.5, 2],
);

/** x times a number. */
export const scale = (x: Tensor, factor: number): Tensor => mul(x, scalar(factor, x.dtype));

/** Mean over `axes`. */
export function reduceMean(x: Tensor, axes: readonly number[], keep = false): Tensor {
  const count = axes.reduce((n, axis) => n * x.shape[axis < 0 ? axis + x.shape.length : axis], 1);
  return scale(reduceSum(x, axes, keep), 1 / count);
}

function commonShape(name: string, a: TensorType, b: TensorType) {
  const shape = broadcastShape(a.shape, b.shape);
  return shape === undefined || a.dtype !== b.dtype ? reject(name, "two tensors that broadcast", [a, b]) : shape;
}
