/** Operators that move elements: transpose, concat, slice, halves, pad. */

import { define, only, reject } from "../operator.ts";
import { type Shape, scalar, type Tensor } from "../tensor.ts";
import { expand, reshape } from "./broadcast.ts";

const transposeOperator = define<{ order: readonly number[] }>({
  name: "transpose",
  types: ([x], { order }) =>
    order.length === x.shape.length
      ? [{ dtype: x.dtype, shape: order.map((axis) => x.shape[axis]) }]
      : reject("transpose", `rank ${order.length}`, [x]),
  gradient: ({ attributes: { order }, grads }) => [
    () =>
      transpose(
        only(grads, "transpose"),
        order.map((_, axis) => order.indexOf(axis)),
      ),
  ],
  emit: ({ node, inputs, outputs }, { order }) => node("Transpose", inputs, outputs, { perm: order }),
  samples: [{ shapes: [[2, 3, 4]], attributes: { order: [2, 0, 1] } }],
});

/** Axis i of the result is axis order[i] of x. */
export const transpose = (x: Tensor, order: readonly number[]): Tensor => transposeOperator([x], { order })[0];

const concatOperator = define<{ axis: number }>({
  name: "concat",
  types: (inputs, { axis }) => {
    const [first] = inputs;
    const fits = inputs.every((t) => t.shape.every((d, i) => i === axis || d === first.shape[i]));
    if (!fits) return reject("concat", `equal shapes but for axis ${axis}`, inputs);
    const length = inputs.reduce((sum, t) => sum + t.shape[axis], 0);
    return [{ dtype: first.dtype, shape: first.shape.map((d, i) => (i === axis ? length : d)) }];
  },
  gradient: ({ inputs, attributes: { axis }, grads }) => {
    const grad = only(grads, "concat");
    let start = 0;
    return inputs.map((t) => {
      const from = start;
      start += t.shape[axis];
      return () => slice(grad, axis, from, from + t.shape[axis]);
    });
  },
  emit: ({ node, inputs, outputs }, { axis }) => node("Concat", inputs, outputs, { axis }),
  samples: [
    {
      shapes: [
        [2, 3],
        [2, 1],
        [2, 2],
      ],
      attributes: { axis: 1 },
    },
  ],
});

/** The tensors joined along an axis. */
export const concat = (tensors: readonly Tensor[], axis: number): Tensor =>
  tensors.length === 1 ? tensors[0] : concatOperator(tensors, { axis })[0];

/** x with zeros behind it along each axis, up to `shape`. */
export function padZeros(x: Tensor, shape: Shape): Tensor {
  return shape.reduce((padded, length, axis) => {
    const missing = length - padded.shape[axis];
    if (missing === 0) return padded;
    const zero = reshape(
      scalar(0, x.dtype),
      shape.map(() => 1),
    );
    return concat(
      [
        padded,
        expand(
          zero,
          padded.shape.map((d, i) => (i === axis ? missing : d)),
        ),
      ],
      axis,
    );
  }, x);
}

const sliceOperator = define<{ axis: number; start: number; end: number }>({
  name: "slice",
  types: ([x], { axis, start, end }) =>
    start >= 0 && start < end && end <= x.shape[axis]
      ? [{ dtype: x.dtype, shape: x.shape.map((d, i) => (i === axis ? end - start : d)) }]
      : reject("slice", `axis ${axis} to hold ${start}…${end}`, [x]),
  gradient: ({ inputs: [x], attributes: { axis, start, end }, grads }) => [
    () => pad(only(grads, "slice"), axis, start, x.shape[axis] - end),
  ],
  emit: ({ node, ints, inputs, outputs }, { axis, start, end }) =>
    node("Slice", [inputs[0], ints([start]), ints([end]), ints([axis])], outputs),
  samples: [{ shapes: [[2, 5, 2]], attributes: { axis: 1, start: 1, end: 3 } }],
});

/** Elements start … end−1 along an axis. */
export const slice = (x: Tensor, axis: number, start: number, end: number): Tensor =>
  start === 0 && end === x.shape[axis] ? x : sliceOperator([x], { axis, start, end })[0];

const halvesOperator = define<{ axis: number }>({
  name: "halves",
  types: ([x], { axis }) => {
    if (x.shape[axis] % 2 !== 0) return reject("halves", `an even length along axis ${axis}`, [x]);
    const shape = x.shape.map((d, i) => (i === axis ? d / 2 : d));
    return [
      { dtype: x.dtype, shape },
      { dtype: x.dtype, shape },
    ];
  },
  gradient: ({ outputs, attributes: { axis }, grads }) => {
    const [before, behind] = grads.map((grad, i) => grad ?? expand(scalar(0, outputs[i].dtype), outputs[i].shape));
    return [() => concat([before, behind], axis)];
  },
  emit: ({ node, inputs, outputs, fresh }, { axis }) => {
    const both = outputs.map((name) => name || fresh());
    node("Split", inputs, both, { axis, num_outputs: 2 });
  },
  samples: [
    { shapes: [[2, 4]], attributes: { axis: 1 } },
    { shapes: [[6, 2]], attributes: { axis: 0 } },
  ],
});

/** The two halves of x along an axis. */
export function halves(x: Tensor, axis: number): readonly [Tensor, Tensor] {
  const [before, behind] = halvesOperator([x], { axis });
  return [before, behind];
}

const padOperator = define<{ axis: number; before: number; after: number }>({
  name: "pad",
  types: ([x], { axis, before, after }) => [
    { dtype: x.dtype, shape: x.shape.map((d, i) => (i === axis ? d + before + after : d)) },
  ],
  gradient: ({ inputs: [x], attributes: { axis, before }, grads }) => [
    () => slice(only(grads, "pad"), axis, before, before + x.shape[axis]),
  ],
  emit: ({ node, ints, inputs, outputs, outputTypes: [{ shape }] }, { axis, before, after }) => {
    const at = (amount: number) => shape.map((_, i) => (i === axis ? amount : 0));
    node("Pad", [inputs[0], ints([...at(before), ...at(after)])], outputs);
  },
  samples: [{ shapes: [[2, 3]], attributes: { axis: 1, before: 1, after: 2 } }],
});

/** x with zeros before and after along an axis. */
export const pad = (x: Tensor, axis: number, before: number, after: number): Tensor =>
  padOperator([x], { axis, before, after })[0];
