/** Selection: rows by index, and the k largest values. */

import { define, only, reject } from "../operator.ts";
import { constant, elements, type Tensor } from "../tensor.ts";

const gatherRowsOperator = define<Record<string, never>>({
  name: "gatherRows",
  types: ([x, rows]) => [{ dtype: x.dtype, shape: [...rows.shape, ...x.shape.slice(1)] }],
  gradient: ({ inputs: [x, rows], grads }) => [
    () => scatterRowsOperator([only(grads, "gatherRows"), rows], { height: x.shape[0] })[0],
    undefined,
  ],
  emit: ({ node, inputs, outputs }) => node("Gather", inputs, outputs, { axis: 0 }),
  samples: [{ shapes: [[4, 3], [5]], attributes: {}, indices: { 1: 4 } }],
});

/** Rows of x [height, …] at indices `rows` (int64, any shape): [...rows.shape, …]. */
export const gatherRows = (x: Tensor, rows: Tensor | readonly number[]): Tensor =>
  gatherRowsOperator([x, "node" in rows ? rows : indexTensor(rows)], {})[0];

const scatterRowsOperator = define<{ height: number }>({
  name: "scatterRows",
  types: ([x, rows], { height }) =>
    rows.shape.length === 1
      ? [{ dtype: x.dtype, shape: [height, ...x.shape.slice(1)] }]
      : reject("scatterRows", "a list of rows", [x, rows]),
  gradient: ({ inputs: [, rows], grads }) => [() => gatherRows(only(grads, "scatterRows"), rows), undefined],
  emit: ({ node, ints, number, fresh, inputs: [x, rows], outputs, outputTypes: [{ dtype, shape }] }) => {
    const [zeros, at] = [fresh(), fresh()];
    node("Expand", [number(0, dtype), ints(shape)], [zeros]);
    node("Unsqueeze", [rows, ints([-1])], [at]);
    node("ScatterND", [zeros, at, x], outputs, { reduction: "add" });
  },
  samples: [{ shapes: [[5, 3], [5]], attributes: { height: 4 }, indices: { 1: 4 } }],
});

const topKOperator = define<{ k: number }>({
  name: "topK",
  keepsAllOutputs: true,
  types: ([x], { k }) => {
    const shape = [...x.shape.slice(0, -1), k];
    if (k < 1 || k > x.shape[x.shape.length - 1]) return reject("topK", `at least ${k} values`, [x]);
    return [
      { dtype: x.dtype, shape },
      { dtype: "int64", shape },
    ];
  },
  gradient: ({ inputs: [x], outputs: [, indices], grads: [grad] }) => [
    grad && (() => scatterLast(grad, indices, x.shape[x.shape.length - 1])),
  ],
  // ONNX: of equal values the one with the lower index comes first (docs/method.md, Logits).
  emit: ({ node, ints, inputs, outputs }, { k }) => node("TopK", [inputs[0], ints([k])], outputs, { axis: -1 }),
  samples: [{ shapes: [[2, 3, 6]], attributes: { k: 2 } }],
});

/** The k largest values of the last axis, in descending order, and their indices; ties go to the lower index. */
export function topK(x: Tensor, k: number): { readonly values: Tensor; readonly indices: Tensor } {
  const [values, indices] = topKOperator([x], { k });
  return { values, indices };
}

const scatterLastOperator = define<{ length: number }>({
  name: "scatterLast",
  types: ([x], { length }) => [{ dtype: x.dtype, shape: [...x.shape.slice(0, -1), length] }],
  gradient: ({ inputs: [, indices], grads }) => [
    () => gatherLastOperator([only(grads, "scatterLast"), indices], {})[0],
    undefined,
  ],
  emit: ({ node, ints, number, fresh, inputs: [x, indices], outputs, outputTypes: [{ dtype, shape }] }) => {
    const zeros = fresh();
    node("Expand", [number(0, dtype), ints(shape)], [zeros]);
    node("ScatterElements", [zeros, indices, x], outputs, { axis: -1, reduction: "add" });
  },
  samples: [
    {
      shapes: [
        [2, 3],
        [2, 3],
      ],
      attributes: { length: 5 },
      indices: { 1: 5 },
    },
  ],
});

/** Zeros of the given length along the last axis, with x added at `indices`. */
export const scatterLast = (x: Tensor, indices: Tensor, length: number): Tensor =>
  scatterLastOperator([x, indices], { length })[0];

const gatherLastOperator = define<Record<string, never>>({
  name: "gatherLast",
  types: ([x, indices]) => [{ dtype: x.dtype, shape: indices.shape }],
  gradient: ({ inputs: [x, indices], grads }) => [
    () => scatterLast(only(grads, "gatherLast"), indices, x.shape[x.shape.length - 1]),
    undefined,
  ],
  emit: ({ node, inputs, outputs }) => node("GatherElements", inputs, outputs, { axis: -1 }),
  samples: [
    {
      shapes: [
        [2, 5],
        [2, 3],
      ],
      attributes: {},
      indices: { 1: 5 },
    },
  ],
});

/** A constant list of indices. */
function indexTensor(rows: readonly number[], shape: readonly number[] = [rows.length]): Tensor {
  if (elements(shape) !== rows.length)
    return reject("indexTensor", `${rows.length} elements`, [{ dtype: "int64", shape }]);
  return constant(BigInt64Array.from(rows, BigInt), shape);
}
