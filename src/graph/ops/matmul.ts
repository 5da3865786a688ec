/** Matrix products. Transposes are flags of the product, so that operands stay where they are in memory. */

import { define, only, reject } from "../operator.ts";
import { type Emission, elements, type Shape, scalar, type Tensor, type TensorType } from "../tensor.ts";
import { broadcastShape, reduceSum, unbroadcast } from "./broadcast.ts";
import { mul } from "./elementwise.ts";

interface MatmulOptions {
  /** use aᵀ (the last two axes swapped) */
  readonly transA?: boolean;
  /** use bᵀ */
  readonly transB?: boolean;
  /** a factor on the product */
  readonly alpha?: number;
}

const matmulOperator = define<{ transA: boolean; transB: boolean; alpha: number }>({
  name: "matmul",
  types: ([a, b], { transA, transB }) => [{ dtype: a.dtype, shape: productShape(a, b, transA, transB) }],
  gradient: ({ inputs: [a, b], attributes: { transA, transB, alpha }, grads }) => {
    const grad = only(grads, "matmul");
    return [
      () =>
        unbroadcast(
          transA
            ? matmul(b, grad, { transA: transB, transB: true, alpha })
            : matmul(grad, b, { transB: !transB, alpha }),
          a.shape,
        ),
      () =>
        unbroadcast(
          transB
            ? matmul(grad, a, { transA: true, transB: transA, alpha })
            : matmul(a, grad, { transA: !transA, alpha }),
          b.shape,
        ),
    ];
  },
  multiplyAdds: ([a], [product]) => {
    const [rows] = product.shape.slice(-2);
    // a [rows, inner] or its transpose
    return (elements(product.shape) * elements(a.shape.slice(-2))) / rows;
  },
  emit: emitSteps,
  emitFor: { cpu: emitFused, cuda: emitFused, webgpu: emitForCard },
  samples: [
    {
      shapes: [
        [2, 3],
        [3, 4],
      ],
      attributes: { transA: false, transB: false, alpha: 1 },
    },
    {
      shapes: [
        [2, 1, 2, 3],
        [5, 4, 3],
      ],
      attributes: { transA: false, transB: true, alpha: 0.5 },
    },
    {
      shapes: [
        [2, 3, 2],
        [3, 4],
      ],
      attributes: { transA: true, transB: false, alpha: 1 },
    },
    {
      shapes: [
        [2, 3, 2],
        [2, 4, 3],
      ],
      attributes: { transA: true, transB: true, alpha: 2 },
    },
  ],
});

interface ProductFlags {
  readonly transA: boolean;
  readonly transB: boolean;
  readonly alpha: number;
}

/** One node with the transposes and the factor as its flags. */
function emitFused({ node, inputs, outputs }: Emission, { transA, transB, alpha }: ProductFlags): void {
  const flags = { transA: transA ? 1 : 0, transB: transB ? 1 : 0, alpha: { float: alpha } };
  if (!transA && !transB && alpha === 1) node("MatMul", inputs, outputs);
  else node("FusedMatMul", inputs, outputs, flags, "com.microsoft");
}

/** Transposes and factor as nodes of their own, which runtimes may fuse again. */
function emitSteps(emission: Emission, { transA, transB, alpha }: ProductFlags): void {
  const { node, number, fresh, inputs, inputTypes, outputs } = emission;
  const operands = [transA, transB].map((isTransposed, i) =>
    isTransposed ? swapped(emission, inputs[i], inputTypes[i].shape.length) : inputs[i],
  );
  const product = alpha === 1 ? outputs[0] : fresh();
  node("MatMul", operands, [product]);
  if (alpha !== 1) node("Mul", [product, number(alpha, inputTypes[0].dtype)], outputs);
}

/**
 * For a graphics card without FusedMatMul, where each transpose and each factor is a pass over memory: matrices by Gemm, which has
 * both as flags; other products with the factor on the smallest tensor, and as (op(b)ᵀ op(a)ᵀ)ᵀ where that transposes less.
 */
function emitForCard(emission: Emission, flags: ProductFlags): void {
  const { node, inputs, inputTypes, outputs } = emission;
  const { transA, transB, alpha } = flags;
  if (!transA && !transB && alpha === 1) {
    node("MatMul", inputs, outputs);
  } else if (inputTypes.every(({ shape }) => shape.length === 2)) {
    node("Gemm", inputs, outputs, { transA: Number(transA), transB: Number(transB), alpha: { float: alpha } });
  } else emitBatches(emission, flags);
}

function emitBatches(emission: Emission, { transA, transB, alpha }: ProductFlags): void {
  const { node, number, fresh, inputs, inputTypes, outputs, outputTypes } = emission;
  const types = [...inputTypes, ...outputTypes];
  const [sizeA, sizeB, sizeOut] = types.map(({ shape }) => elements(shape));
  const smallest = alpha === 1 ? undefined : [sizeA, sizeB, sizeOut].indexOf(Math.min(sizeA, sizeB, sizeOut));
  const scaled = (at: number, from: string, to = fresh()): string => {
    node("Mul", [from, number(alpha, types[at].dtype)], [to]);
    return to;
  };
  const operand = (at: number, isTurned: boolean): string => {
    const name = at === smallest ? scaled(at, inputs[at]) : inputs[at];
    return isTurned ? swapped(emission, name, types[at].shape.length) : name;
  };
  const product = smallest === 2 ? fresh() : outputs[0];
  const moved = (turnsA: boolean, turnsB: boolean) => (turnsA ? sizeA : 0) + (turnsB ? sizeB : 0);
  if (moved(transA, transB) <= moved(!transA, !transB) + sizeOut) {
    node("MatMul", [operand(0, transA), operand(1, transB)], [product]);
  } else {
    const turned = fresh();
    node("MatMul", [operand(1, !transB), operand(0, !transA)], [turned]);
    swapped(emission, turned, outputTypes[0].shape.length, product);
  }
  if (smallest === 2) scaled(2, product, outputs[0]);
}

/** The tensor with its last two axes swapped. */
function swapped({ node, fresh }: Emission, name: string, rank: number, to = fresh()): string {
  const order = Array.from({ length: rank }, (_, axis) => axis);
  node("Transpose", [name], [to], { perm: [...order.slice(0, -2), rank - 1, rank - 2] });
  return to;
}

/** alpha · a b over the last two axes, the axes before them broadcast. */
export const matmul = (
  a: Tensor,
  b: Tensor,
  { transA = false, transB = false, alpha = 1 }: MatmulOptions = {},
): Tensor => matmulOperator([a, b], { transA, transB, alpha })[0];

/** As in BLAS: y = α·x wᵀ + β·b. */
export interface LinearFactors {
  readonly alpha?: number;
  readonly beta?: number;
}

const linearOperator = define<{ transposed: boolean; alpha: number; beta: number }>({
  name: "linear",
  types: ([x, w, b], { transposed }) => {
    const [out, inner] = transposed ? [w.shape[1], w.shape[0]] : w.shape;
    const fits = x.shape.length === 2 && w.shape.length === 2 && x.shape[1] === inner;
    if (!fits || (b !== undefined && b.shape[0] !== out)) return reject("linear", "x [rows,in], w, b [out]", [x, w]);
    return [{ dtype: x.dtype, shape: [x.shape[0], out] }];
  },
  gradient: ({ inputs: [x, w], attributes: { transposed, alpha, beta }, grads }) => {
    const grad = only(grads, "linear");
    return [
      () => otherWay(grad, w, !transposed, alpha),
      () => (transposed ? matmul(x, grad, { transA: true, alpha }) : matmul(grad, x, { transA: true, alpha })),
      () => (beta === 1 ? reduceSum(grad, [0]) : mul(reduceSum(grad, [0]), scalar(beta, grad.dtype))),
    ];
  },
  multiplyAdds: ([x], [y]) => elements(x.shape) * y.shape[1],
  emit: ({ node, inputs, outputs }, { transposed, alpha, beta }) =>
    node("Gemm", inputs, outputs, { transB: transposed ? 0 : 1, alpha: { float: alpha }, beta: { float: beta } }),
  samples: [
    { shapes: [[3, 2], [4, 2], [4]], attributes: { transposed: false, alpha: 1, beta: 1 } },
    { shapes: [[3, 2], [4, 2], [4]], attributes: { transposed: false, alpha: 0.5, beta: 2 } },
    {
      shapes: [
        [3, 2],
        [2, 4],
      ],
      attributes: { transposed: true, alpha: 3, beta: 1 },
    },
  ],
});

/** α·grad w or α·grad wᵀ: the other direction through the same weight. */
function otherWay(x: Tensor, w: Tensor, transposed: boolean, alpha: number): Tensor {
  return linearOperator([x, w], { transposed, alpha, beta: 1 })[0];
}

/** α·x wᵀ + β·b: x [rows, in], w [out, in] as PyTorch's Linear stores it, b [out]. */
export const linear = (x: Tensor, w: Tensor, b?: Tensor, { alpha = 1, beta = 1 }: LinearFactors = {}): Tensor =>
  linearOperator(b === undefined ? [x, w] : [x, w, b], { transposed: false, alpha, beta })[0];

function productShape(a: TensorType, b: TensorType, transA: boolean, transB: boolean): Shape {
  const [m, inner] = lastTwo(a, transA);
  const [innerB, n] = lastTwo(b, transB);
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (batch === undefined || inner !== innerB) return reject("matmul", "matching inner sizes and batch axes", [a, b]);
  return [...batch, m, n];
}

function lastTwo(t: TensorType, trans: boolean): readonly [number, number] {
  const [rows, columns] = t.shape.slice(-2);
  return trans ? [columns, rows] : [rows, columns];
}
