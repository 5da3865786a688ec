import { expect, it } from "vitest";
import { gradient } from "./gradient.ts";
import { add, linear, mul, reduceSum, softmax } from "./ops/index.ts";
import { printGraph } from "./print.ts";
import { input, parameter, scalar, weight } from "./tensor.ts";

const frozen = (name: string, shape: readonly number[]) =>
  weight(name, { dtype: "float32", shape }, { file: "model.safetensors", offset: 0, length: 0 });

it("shows a graph, one node a line", () => {
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

it("builds gradients on paths to parameters only", () => {
  const x = input("x", [2, 3]);
  const p = parameter("p", [2, 4]);
  const frozenPart = linear(x, frozen("w", [4, 3]), frozen("b", [4]));
  const loss = reduceSum(mul(add(frozenPart, p), scalar(3)), [0, 1]);
  const [grad] = gradient(loss, [p]);
  const text = printGraph({ grad });
  expect(text).not.toContain("linear");
  expect(text).not.toContain("w [");
  expect(text.split("\n").at(-1)).toMatch(/^grad = %/);
});

it("names the operator that has no rule", () => {
  const p = parameter("p", [2]);
  const other = input("q", [2]);
  expect(() => gradient(reduceSum(mul(other, other), [0]), [p])).toThrow("does not depend");
  expect(() => gradient(p, [p])).toThrow("must be a scalar, got [2]");
});
