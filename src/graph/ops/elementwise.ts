/** Elementwise operators: arithmetic of two tensors, with broadcasting; functions of one; conversion between types. */

import { onnxTypes } from "../onnxMessages.ts";
import { define, type Operator, only, reject } from "../operator.ts";
import { type DType, type Emission, scalar, type Tensor, type TensorType } from "../tensor.ts";
import { broadcastShape, reduceSum, unbroadcast } from "./broadcast.ts";

/** x + y, with broadcasting. */
export const add = binary("add", "Add", (_a, _b, grad) => [() => grad, () => grad]);
/** x − y, with broadcasting. */
export const sub = binary("sub", "Sub", (_a, _b, grad) => [() => grad, () => scale(grad, -1)]);
/** x · y elementwise, with broadcasting. */
export const mul = binary("mul", "Mul", (a, b, grad) => [() => mul(grad, b), () => mul(grad, a)]);
/** x / y elementwise, with broadcasting. */
export const div = binary(
  "div",
  "Div",
  (a, b, grad) => [() => div(grad, b), () => scale(div(mul(grad, a), mul(b, b)), -1)],
  [0.5, 2],
);

/** The two tensors of which `mul` made this one; undefined for any other tensor. */
export function factorsOf(x: Tensor): readonly [Tensor, Tensor] | undefined {
  const { node } = x;
  return node.operator === "mul" ? [node.inputs[0], node.inputs[1]] : undefined;
}

/** x times a number. */
export const scale = (x: Tensor, factor: number): Tensor => mul(x, scalar(factor, x.dtype));

/** Mean over `axes`. */
export function reduceMean(x: Tensor, axes: readonly number[], keep = false): Tensor {
  const count = axes.reduce((n, axis) => n * x.shape[axis < 0 ? axis + x.shape.length : axis], 1);
  return scale(reduceSum(x, axes, keep), 1 / count);
}

/** eˣ elementwise. */
export const exp = unary("exp", "Exp", (_x, y, grad) => mul(grad, y));
/** Natural logarithm, elementwise. */
export const log = unary("log", "Log", (x, _y, grad) => div(grad, x), { range: [0.5, 2] });
/** Square root, elementwise. */
export const sqrt = unary("sqrt", "Sqrt", (_x, y, grad) => div(scale(grad, 0.5), y), { range: [0.5, 2] });
/** −1, 0 or 1, elementwise; its derivative is 0. */
export const sign = unary("sign", "Sign", "none", {
  // WebGPU has no kernel of Sign: (x > 0) − (x < 0).
  emitFor: {
    webgpu: ({ node, number, fresh, inputs: [x], inputTypes: [{ dtype }], outputs }) => {
      const sides = ["Greater", "Less"].map((op) => {
        const [isSo, asNumber] = [fresh(), fresh()];
        node(op, [x, number(0, dtype)], [isSo]);
        node("Cast", [isSo], [asNumber], { to: onnxTypes[dtype] });
        return asNumber;
      });
      node("Sub", sides, outputs);
    },
  },
});
/** Absolute value, elementwise. */
export const abs = unary("abs", "Abs", (x, _y, grad) => mul(grad, sign(x)));

/** erf(x); ONNX Runtime has it in single precision only, so the other types pass through it. */
export const erf = unary(
  "erf",
  "Erf",
  (x, _y, grad) => mul(grad, scale(exp(scale(mul(x, x), -1)), 2 / Math.sqrt(Math.PI))),
  {
    single: true,
    emit: (emission) => {
      const { node, inputs, outputs, fresh } = emission;
      if (emission.inputTypes[0].dtype === "float32") return node("Erf", inputs, outputs);
      const [low, high] = [fresh(), fresh()];
      node("Cast", inputs, [low], { to: onnxTypes.float32 });
      node("Erf", [low], [high]);
      return node("Cast", [high], outputs, { to: onnxTypes[emission.inputTypes[0].dtype] });
    },
  },
);

const castOperator = define<{ to: DType }>({
  name: "cast",
  converts: true,
  types: ([x], { to }) => [{ dtype: to, shape: x.shape }],
  gradient: ({ inputs: [x], grads }) => [() => cast(only(grads, "cast"), x.dtype)],
  emit: ({ node, inputs, outputs }, { to }) => node("Cast", inputs, outputs, { to: onnxTypes[to] }),
  samples: [{ shapes: [[2, 3]], attributes: { to: "float64" } }],
});

/** x in another type. */
export const cast = (x: Tensor, to: DType): Tensor => (x.dtype === to ? x : castOperator([x], { to })[0]);

/** x in single precision where it is in half, whose sums and exponentials lose too much. */
export const widened = (x: Tensor): Tensor => (x.dtype === "float16" ? cast(x, "float32") : x);

type BinaryRule = (a: Tensor, b: Tensor, grad: Tensor) => readonly [() => Tensor, () => Tensor];

function binary(name: string, op: string, rule: BinaryRule, range?: readonly [number, number]) {
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
}

function commonShape(name: string, a: TensorType, b: TensorType) {
  const shape = broadcastShape(a.shape, b.shape);
  return shape === undefined || a.dtype !== b.dtype ? reject(name, "two tensors that broadcast", [a, b]) : shape;
}

type UnaryRule = ((x: Tensor, y: Tensor, grad: Tensor) => Tensor) | "none";

interface UnaryOptions {
  readonly range?: readonly [number, number];
  readonly single?: boolean;
  readonly emit?: (emission: Emission) => void;
  readonly emitFor?: Operator<Record<string, never>>["emitFor"];
}

function unary(name: string, op: string, rule: UnaryRule, options: UnaryOptions = {}) {
  const { range, single, emitFor, emit = ({ node, inputs, outputs }) => node(op, inputs, outputs) } = options;
  const apply = define<Record<string, never>>({
    name,
    types: ([x]) => [{ dtype: x.dtype, shape: x.shape }],
    gradient:
      rule === "none"
        ? "none"
        : ({ inputs: [x], outputs: [y], grads }) => {
            const grad = only(grads, name);
            return [() => rule(x, y, grad)];
          },
    emit,
    emitFor,
    samples: [{ shapes: [[2, 5]], attributes: {}, range, single }],
  });
  return (x: Tensor): Tensor => apply([x], {})[0];
}
