import { expect, it } from "vitest";
import { cast, linear, softmax } from "./ops/index.ts";
import { printGraph } from "./print.ts";
import { constant, input, weight } from "./tensor.ts";

const frozen = (name: string, shape: readonly number[]) =>
  weight(name, { dtype: "float32", shape }, { file: "model.safetensors", offset: 0, length: 0 });

it("prints a graph with one node per line", () => {
  const x = input("x", [2, 3]);
  const y = softmax(linear(x, frozen("w", [4, 3]), frozen("b", [4])));
  expect(printGraph({ y })).toBe(
    [
      "x [2,3] = input()",
      "w [4,3] = weight()",
      "b [4] = weight()",
      "%0 [2,4] = linear(x, w, b) {transposed=false alpha=1 beta=1}",
      "%1 [2,4] = softmax(%0)",
      "y = %1",
    ].join("\n"),
  );
});

it("prints types other than single precision, small constants, attributes and several outputs", () => {
  const rows = constant(BigInt64Array.of(1n, 0n), [2]);
  const large = constant(new Float32Array(9), [9]);
  expect(printGraph({ rows: cast(rows, "float64"), large })).toBe(
    [
      "%0 int64[2] = constant() 1 0",
      "%1 float64[2] = cast(%0) {to=float64}",
      "%2 [9] = constant() 9 values",
      "rows = %1",
      "large = %2",
    ].join("\n"),
  );
});
