/** Which nodes a gradient goes through, in which order, and what comes together at a leaf. */
import { expect, it } from "vitest";
import { frozenNodes, gradient, reaching, topologicalOrder } from "./gradient.ts";
import { toOnnx } from "./onnx.ts";
import { add, mul, reduceSum } from "./ops/index.ts";
import { openSession } from "./runtime/session.node.ts";
import { constant, input, parameter, weight } from "./tensor.ts";

it("the gradient of a leaf is the sum over all its uses", async () => {
  const x = parameter("x", [3]);
  // x² + 3x + x·y, where y is a leaf as well
  const y = parameter("y", [3]);
  const loss = reduceSum(add(add(mul(x, x), mul(x, constant(Float32Array.of(3, 3, 3), [3]))), mul(x, y)), [0]);
  const [dx, dy] = gradient(loss, [x, y]);
  const session = await openSession(toOnnx({ dx, dy }), { threads: 1 });
  const found = await session.run({ x: Float32Array.of(1, -2, 0.5), y: Float32Array.of(10, 20, 30) });
  await session.dispose();
  expect([...found.dx]).toEqual([2 + 3 + 10, -4 + 3 + 20, 1 + 3 + 30]);
  expect([...found.dy]).toEqual([1, -2, 0.5]);
});

it("orders nodes after their inputs, each once, those of the first output first", () => {
  const [x, y] = [input("x", [2]), input("y", [2])];
  const shared = add(x, x);
  const [first, second] = [mul(shared, x), add(y, shared)];
  const nodes = [x, shared, first, y, second].map(({ node }) => node);
  expect(topologicalOrder([first, second, second]).map((node) => nodes.indexOf(node))).toEqual([0, 1, 2, 3, 4]);
});

it("traverses a deep graph without recursion", () => {
  let x = input("x", [1]);
  for (let i = 0; i < 20_000; i++) x = add(x, x);
  expect(topologicalOrder([x])).toHaveLength(20_001);
});

it("a node reaches a leaf through any of its inputs, and a leaf only itself", () => {
  const [p, q] = [parameter("p", [2]), parameter("q", [2])];
  const [from, beside] = [add(q, p), add(q, q)];
  const both = mul(beside, from);
  const order = topologicalOrder([both]);
  const found = reaching(order, new Set([p.node]));
  expect([p, from, both, q, beside].map(({ node }) => found.has(node))).toEqual([true, true, true, false, false]);
  expect(reaching(order, new Set()).size).toBe(0);
});

it("nodes that depend only on weights and constants are frozen, those that read an input or a parameter are not", () => {
  const w = weight("w", { dtype: "float32", shape: [2] }, { file: "model.safetensors", offset: 0, length: 8 });
  const c = constant(Float32Array.of(1, 2), [2]);
  const made = add(w, c);
  const [x, p] = [input("x", [2]), parameter("p", [2])];
  const order = topologicalOrder([add(made, x), mul(made, p), mul(made, made)]);
  const frozen = frozenNodes(order);
  const names = order.filter((node) => frozen.has(node)).map(({ operator }) => operator);
  expect(names).toEqual(["weight", "constant", "add", "mul"]);
  expect(frozen.has(x.node) || frozen.has(p.node)).toBe(false);
});
