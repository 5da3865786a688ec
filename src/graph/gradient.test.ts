import { expect, it } from "vitest";
import { MpaError } from "../platform/errors.ts";
import { gradient } from "./gradient.ts";
import { add, linear, mul, reduceSum, sign } from "./ops/index.ts";
import { printGraph } from "./print.ts";
import { input, newNode, parameter, scalar, weight } from "./tensor.ts";

const frozen = (name: string, shape: readonly number[]) =>
  weight(name, { dtype: "float32", shape }, { file: "model.safetensors", offset: 0, length: 0 });

it("builds gradients on paths to parameters only", () => {
  const p = parameter("p", [2, 4]);
  const frozenPart = linear(input("x", [2, 3]), frozen("w", [4, 3]), frozen("b", [4]));
  const loss = reduceSum(mul(add(frozenPart, p), scalar(3)), [0, 1]);
  const [grad] = gradient(loss, [p]);
  const text = printGraph({ grad });
  expect(text).not.toContain("linear");
  expect(text).not.toContain("w [");
  expect(text.split("\n").at(-1)).toMatch(/^grad = %/);
});

it("throws with the name of an operator without a gradient", () => {
  const p = parameter("p", [2]);
  const loss = reduceSum(mul(sign(p), p), [0]);
  expect(() => gradient(loss, [p])).toThrow(new MpaError("INTERNAL", "gradient: sign has no gradient for input 0"));
  // Only a path to a parameter needs one.
  const other = reduceSum(mul(sign(input("q", [2])), p), [0]);
  expect(printGraph({ grad: gradient(other, [p])[0] })).toContain("sign");
});

it("throws with the operator and the input that has no gradient", () => {
  const [a, b] = [parameter("a", [2]), parameter("b", [2])];
  const pull = ([grad]: readonly (typeof a | undefined)[]) => [grad && (() => grad), undefined];
  const [made] = newNode("first", [a], { attributes: {}, inputs: [a, b], pull });
  const loss = reduceSum(made, [0]);
  expect(gradient(loss, [a])[0].shape).toEqual([2]);
  expect(() => gradient(loss, [a, b])).toThrow(new MpaError("INTERNAL", "gradient: first has no gradient for input 1"));
});

it("rejects a loss that is not a scalar or does not depend on a leaf", () => {
  const p = parameter("p", [2]);
  expect(() => gradient(p, [p])).toThrow(new MpaError("INTERNAL", "gradient: the loss must be a scalar, got [2]"));
  const loss = reduceSum(input("q", [2]), [0]);
  expect(() => gradient(loss, [p])).toThrow(
    new MpaError("INTERNAL", "gradient: the loss does not depend on a wanted leaf"),
  );
});
