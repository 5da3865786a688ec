/**
 * Products with frozen weights in seven eighths of the multiplications: Strassen's scheme ("Gaussian elimination is not optimal", 1969)
 * in Winograd's form. Of its fifteen sums of blocks the four of the weight are computed once, when a session opens, and five of the
 * others by the products themselves, which add to a third operand.
 */

import { define, reject } from "../operator.ts";
import { type Emission, elements, type Tensor, type TensorType } from "../tensor.ts";
import { reduceSum } from "./broadcast.ts";
import { scale } from "./elementwise.ts";
import { concat } from "./layout.ts";
import { type LinearFactors, matmul } from "./matmul.ts";

/** A matrix [2m, 2n] as blocks [m, n]: above left, above right, below left, below right. */
export type Blocks2x2 = readonly [Tensor, Tensor, Tensor, Tensor];

interface Attributes extends Readonly<Record<string, boolean | number>> {
  /** y = x w instead of x wᵀ: the other direction through the same weight */
  readonly transposed: boolean;
  readonly alpha: number;
  readonly beta: number;
}

const strassenOperator = define<Attributes>({
  name: "strassen",
  types: (inputs, attributes) => productTypes(inputs, attributes),
  gradient: ({ inputs, attributes: { transposed, alpha, beta }, grads }) => {
    const upstream = grads.map((grad) => grad ?? reject("strassen", "a gradient at each of its blocks", inputs));
    const [x, w] = [inputs.slice(0, weightInput), inputs[weightInput]];
    let blocks: readonly Tensor[] | undefined;
    const back = () => {
      blocks ??= strassenOperator([...upstream, w], { transposed: !transposed, alpha, beta: 1 });
      return blocks;
    };
    const ofWeight = () => {
      const [grad, rows] = [joined(upstream), joined(x)];
      return transposed ? matmul(rows, grad, { transA: true, alpha }) : matmul(grad, rows, { transA: true, alpha });
    };
    const ofBias = () => scale(reduceSum(joined(upstream), [0]), beta);
    return [...x.map((_, i) => () => back()[i]), ofWeight, ...(inputs.length > 5 ? [ofBias] : [])];
  },
  // Seven blocks [n, k] of the weight are packed instead of four, in single precision.
  packed: ({ [weightInput]: weight }) => ({ weight, bytes: 3 * elements(weight.shape) }),
  multiplyAdds: ([block], [product]) => 7 * elements(block.shape) * product.shape[1],
  emit: (emission, attributes) => (attributes.transposed ? emitBackwards : emitForwards)(emission, attributes),
  samples: [
    { shapes: [[3, 2], [3, 2], [3, 2], [3, 2], [8, 4], [8]], attributes: { transposed: false, alpha: 0.5, beta: 2 } },
    {
      shapes: [
        [2, 3],
        [2, 3],
        [2, 3],
        [2, 3],
        [6, 4],
      ],
      attributes: { transposed: true, alpha: 1, beta: 1 },
    },
  ],
});

/** α·x wᵀ + β·b in blocks: x [2m, 2k] and the result [2m, 2n]; w [2n, 2k] and b [2n] are whole. */
export function strassen(x: Blocks2x2, w: Tensor, b: Tensor, { alpha = 1, beta = 1 }: LinearFactors = {}): Blocks2x2 {
  const [aboveLeft, aboveRight, belowLeft, belowRight] = strassenOperator([...x, w, b], {
    transposed: false,
    alpha,
    beta,
  });
  return [aboveLeft, aboveRight, belowLeft, belowRight];
}

const joined = ([a, b, c, d]: readonly Tensor[]): Tensor => concat([concat([a, b], 1), concat([c, d], 1)], 0);

function productTypes([x, ...rest]: readonly TensorType[], { transposed }: Attributes): readonly TensorType[] {
  const [w, b] = rest.slice(3);
  const [out, inner] = transposed ? w.shape.toReversed() : w.shape;
  const [m, k] = x.shape;
  const fits =
    rest.slice(0, 3).every(({ shape }) => shape.length === 2 && shape[0] === m && shape[1] === k) &&
    inner === 2 * k &&
    out % 2 === 0 &&
    (b === undefined || (!transposed && b.shape[0] === out));
  if (!fits) return reject("strassen", "four blocks [m,k], w [2n,2k], b [2n]", [x, ...rest]);
  return Array.from({ length: 4 }, () => ({ dtype: x.dtype, shape: [m, out / 2] }));
}

/** xᵢⱼ and yᵢⱼ are blocks of x and of the result; the bias enters by the two products that reach whole columns. */
function emitForwards(emission: Emission, { alpha, beta }: Attributes): void {
  const [x11, x12, x21, x22] = emission.inputs;
  const [y11, y12, y21, y22] = named(emission);
  const [w11, w12, w22, t1, t2, t3, t4] = weightSums(emission);
  const { add, sub, product } = writing(emission, 1, alpha);
  const [left, between] = biasSums(emission);
  const s1 = add(x21, x22);
  const s2 = sub(s1, x11);
  const first = product(x11, w11, { plus: left, beta });
  const fifth = product(s1, t1, { plus: between, beta });
  product(x12, w12, { plus: first, to: y11 });
  const second = product(s2, t2, { plus: first });
  const third = product(sub(x11, x21), t3, { plus: second });
  product(sub(x12, s2), w22, { plus: add(second, fifth), to: y12 });
  product(x22, t4, { plus: third, to: y21 });
  add(third, fifth, y22);
}

/** The scheme of the transposed product, its halves exchanged and its signs set so that the sums of the weight are the same. */
function emitBackwards(emission: Emission, { alpha }: Attributes): void {
  const [x11, x12, x21, x22] = emission.inputs;
  const [y11, y12, y21, y22] = named(emission);
  const [w11, w12, w22, t1, t2, t3, t4] = weightSums(emission);
  const { add, sub, product } = writing(emission, 0, alpha);
  const p = sub(x22, x12);
  const q = add(x21, p);
  const first = product(x12, w22);
  const fifth = product(p, t1);
  product(x11, w12, { plus: first, to: y12 });
  const second = product(q, t2, { plus: first });
  const third = product(add(x21, x22), t3, { plus: second, sign: -1 });
  product(x21, t4, { plus: add(second, fifth), to: y22 });
  product(sub(x11, q), w11, { plus: third, to: y11 });
  add(third, fifth, y21);
}

/** Position of w among the inputs, behind the four blocks of x. */
const weightInput = 4;

/**
 * w₁₁, w₁₂, w₂₂, and w₂₁ − w₁₁, w₂₂ − w₂₁ + w₁₁, w₂₂ − w₂₁, w₁₂ − w₂₂ + w₂₁ − w₁₁, each [n, k], of the weight [2n, 2k]: written once
 * for all products with the weight, forwards and backwards, so that a runtime that folds constants stores no more than these seven.
 */
function weightSums({ inputs, inputTypes, node, ints, fresh, once }: Emission): readonly string[] {
  return once(`strassen ${inputs[weightInput]}`, () => {
    const [rows, columns] = inputTypes[weightInput].shape.map((length) => length / 2);
    const block = (row: number, column: number) => {
      const to = fresh();
      const [from, end] = [ints([row * rows, column * columns]), ints([(row + 1) * rows, (column + 1) * columns])];
      node("Slice", [inputs[weightInput], from, end, ints([0, 1])], [to]);
      return to;
    };
    const sub = (a: string, b: string) => {
      const to = fresh();
      node("Sub", [a, b], [to]);
      return to;
    };
    const [w11, w12, w21, w22] = [block(0, 0), block(0, 1), block(1, 0), block(1, 1)];
    const t1 = sub(w21, w11);
    const t2 = sub(w22, t1);
    return [w11, w12, w22, t1, t2, sub(w22, w21), sub(w12, t2)];
  });
}

interface ProductOptions {
  /** a value to add, β times */
  readonly plus?: string;
  readonly beta?: number;
  readonly to?: string;
  readonly sign?: 1 | -1;
}

function writing({ node, fresh }: Emission, transB: 0 | 1, alpha: number) {
  const binary = (op: string) => (a: string, b: string, to: string) => {
    node(op, [a, b], [to]);
    return to;
  };
  const [add, sub] = [binary("Add"), binary("Sub")];
  return {
    add: (a: string, b: string, to = fresh()) => add(a, b, to),
    sub: (a: string, b: string, to = fresh()) => sub(a, b, to),
    product: (x: string, w: string, { plus, beta = 1, to = fresh(), sign = 1 }: ProductOptions = {}) => {
      const flags = { transB, alpha: { float: sign * alpha }, beta: { float: beta } };
      node("Gemm", plus === undefined ? [x, w] : [x, w, plus], [to], flags);
      return to;
    },
  };
}

const named = ({ outputs, fresh }: Emission): readonly string[] => outputs.map((name) => name || fresh());

/** What the first product adds, which reaches all blocks of the result, and the fifth, which reaches the right ones only. */
function biasSums({ inputs, inputTypes, node, ints, fresh }: Emission): readonly (string | undefined)[] {
  if (inputs.length < 6) return [];
  const half = inputTypes[5].shape[0] / 2;
  const [left, right, between] = [fresh(), fresh(), fresh()];
  node("Slice", [inputs[5], ints([0]), ints([half]), ints([0])], [left]);
  node("Slice", [inputs[5], ints([half]), ints([2 * half]), ints([0])], [right]);
  node("Sub", [right, left], [between]);
  return [left, between];
}
