import { expect, it } from "vitest";
import { gradient } from "./gradient.ts";
import { add, attention, linear, matmul, mul, reduceSum, reshape, strassen } from "./ops/index.ts";
import { input, parameter, type Shape, type Tensor, weight } from "./tensor.ts";
import { countWork } from "./work.ts";

const frozen = (shape: Shape) => weight("w", { dtype: "float32", shape }, { file: "w", offset: 0, length: 0 });
const products = (tensor: Tensor) => countWork({ tensor }).multiplyAdds;

it("counts a product by hand: rows · inner · columns for each matrix of the batch", () => {
  const [a, b] = [input("a", [5, 2, 3]), input("b", [3, 4])];
  expect(products(matmul(a, b))).toBe(5 * 2 * 3 * 4);
  expect(products(matmul(input("a", [5, 3, 2]), b, { transA: true }))).toBe(5 * 2 * 3 * 4);
  expect(products(matmul(a, input("b", [4, 3]), { transB: true }))).toBe(5 * 2 * 3 * 4);
  expect(products(linear(input("x", [7, 3]), frozen([4, 3])))).toBe(7 * 3 * 4);
});

it("counts both products of attention: scores and their sum of values", () => {
  const [q, k] = [input("q", [2, 3, 8]), input("k", [2, 5, 8])];
  expect(products(attention(q, k, k, 4))).toBe(2 * (2 * 3 * 5 * 8));
});

it("counts seven products of blocks where Strassen's scheme has eight", () => {
  const block = () => input("x", [3, 2]);
  const [above] = strassen([block(), block(), block(), block()], frozen([8, 4]), frozen([8]));
  // A product [6, 4] · [4, 8] takes 192; seven of blocks [3, 2] · [2, 4] take 168.
  expect(products(above)).toBe(7 * 3 * 2 * 4);
});

it("counts a training step: forwards, and backwards to what is learned only", () => {
  const x = parameter("x", [7, 3]);
  const y = linear(x, frozen([4, 3]));
  const loss = reduceSum(mul(y, y), [0, 1]);
  const [grad] = gradient(loss, [x]);
  expect(countWork({ loss, grad }).multiplyAdds).toBe(2 * (7 * 3 * 4));
});

it("moves what nodes read and write; views, frozen nodes and outputs that nobody reads move nothing", () => {
  const x = input("x", [2, 3]);
  expect(countWork({ y: add(x, x) }).bytes).toBe(4 * (6 + 6 + 6));
  expect(countWork({ y: reshape(x, [6]) })).toEqual({ multiplyAdds: 0, bytes: 0 });
  const w = frozen([3, 4]);
  expect(countWork({ y: matmul(x, matmul(w, w, { transB: true })) })).toEqual({
    multiplyAdds: 2 * 3 * 3,
    bytes: 4 * (6 + 9 + 6),
  });
  const q = input("q", [1, 2, 4]);
  expect(countWork({ o: attention(q, q, q, 2) }).bytes).toBe(4 * (3 * 8 + 8));
});
