import { expect, it } from "vitest";
import { estimateMemory } from "./memory.ts";
import { add, cast, mul, reduceSum, reshape, strassen } from "./ops/index.ts";
import { input, type Shape, type Tensor, weight } from "./tensor.ts";

const frozen = (name: string, dtype: Tensor["dtype"], shape: Shape) =>
  weight(name, { dtype, shape }, { file: "weights", offset: 0, length: 0 });

it("counts tensors as live from their node to their last reader", () => {
  const x = input("x", [4]);
  const y = add(x, x);
  // x and y of four floats; then y and z, x being read no more.
  expect(estimateMemory({ sum: reduceSum(mul(y, y), [0]) })).toEqual({ activations: 32, weights: 0 });
  // x is read by the last node: x, y and y² together.
  expect(estimateMemory({ sum: reduceSum(mul(mul(y, y), x), [0]) }).activations).toBe(48);
});

it("counts a view as the tensor that it refers to", () => {
  const x = input("x", [4]);
  const view = reshape(add(x, x), [2, 2]);
  expect(estimateMemory({ sum: reduceSum(mul(view, view), [0, 1]) }).activations).toBe(32);
});

it("counts weights in the precision of the computation, and no tensors derived from weights only", () => {
  const half = cast(frozen("half", "float16", [10]), "float32");
  const bytes = frozen("bytes", "int8", [10]);
  expect(estimateMemory({ out: mul(half, half), bytes })).toEqual({ activations: 0, weights: 50 });
});

it("counts weights in half precision as they are stored where a product reads them so", () => {
  const w = frozen("w", "float16", [10]);
  const product = cast(mul(cast(input("x", [10]), "float16"), w), "float32");
  expect(estimateMemory({ product }).weights).toBe(20);
  expect(estimateMemory({ product, wide: cast(w, "float32") }).weights).toBe(20);
});

it("counts the packed copies of a weight in Strassen's products once", () => {
  const [w, b] = [frozen("w", "float32", [4, 6]), frozen("b", "float32", [4])];
  const block = () => input("x", [1, 3]);
  const product = () => strassen([block(), block(), block(), block()], w, b)[0];
  const weights = 4 * 24 + 4 * 4;
  expect(estimateMemory({ one: product() }).weights).toBe(weights + 3 * 24);
  expect(estimateMemory({ one: product(), two: product() }).weights).toBe(weights + 3 * 24);
});
