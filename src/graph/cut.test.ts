/** A graph in two: the same values, nothing computed twice, and nothing but what is frozen on both sides. */
import { expect, it } from "vitest";
import { formulaValues } from "../clip/random.node.ts";
import { cut } from "./cut.ts";
import { gradient, topologicalOrder } from "./gradient.ts";
import { estimateMemory } from "./memory.ts";
import { toOnnx } from "./onnx.ts";
import { add, exp, layerNorm, linear, mul, reduceSum, reshape, silu, topK } from "./ops/index.ts";
import { openSession } from "./runtime/session.node.ts";
import type { Feeds } from "./runtime/session.ts";
import { constant, input, parameter, type Tensor } from "./tensor.ts";

const [rows, width] = [3, 8];
const values = (name: string, count: number) => formulaValues(name, count, 0, 1);
const frozen = (name: string, ...shape: number[]): Tensor =>
  constant(
    values(
      name,
      shape.reduce((a, b) => a * b),
    ),
    shape,
  );

/** Features of x, and the gradient of x for one that arrives at the features late. */
function example() {
  const x = parameter("x", [rows, width]);
  const late = input("late", [rows, width]);
  const weight = exp(frozen("weight", width, width));
  const normed = layerNorm(x, frozen("gamma", width), frozen("beta", width), 1e-5);
  const features = silu(linear(normed, weight, frozen("bias", width)));
  const [back] = gradient(reduceSum(mul(features, late), [0, 1]), [x]);
  return { features, back, sum: add(late, late) };
}

async function run(outputs: Readonly<Record<string, Tensor>>, feeds: Feeds) {
  const session = await openSession(toOnnx(outputs), { threads: 1 });
  const results = await session.run(feeds);
  await session.dispose();
  return results;
}

it("the two parts of a cut graph compute the same values as the whole", async () => {
  const outputs = example();
  const feeds = { x: values("x", rows * width), late: values("late", rows * width) };
  const whole = await run(outputs, feeds);
  const { before, after } = cut(outputs, ["late"]);
  const first = await run(before, { x: feeds.x });
  const second = await run(after, { ...feeds, ...first });
  expect(Object.keys(second)).toEqual(["back", "sum"]);
  for (const [name, found] of Object.entries({ features: first.features, ...second })) {
    expect(found.length).toBe(rows * width);
    for (const [i, value] of found.entries()) expect(Number(value)).toBeCloseTo(Number(whole[name][i]), 5);
  }
});

it("the second part recomputes only frozen nodes, and reads the others from the first", () => {
  const { before, after } = cut(example(), ["late"]);
  const made = (outputs: Readonly<Record<string, Tensor>>) =>
    topologicalOrder(Object.values(outputs)).flatMap(({ operator, leaf }) => (leaf === undefined ? [operator] : []));
  expect(made(before).filter((operator) => ["layerNorm", "silu", "linear"].includes(operator))).toEqual([
    "layerNorm",
    "linear",
    "silu",
  ]);
  expect(made(after)).not.toContain("layerNorm");
  expect(made(after)).not.toContain("silu");
  expect(made(after).filter((operator) => operator === "linear")).toHaveLength(1);
  // The weight is made of frozen values, so a runtime makes it when it opens either graph.
  expect([made(before), made(after)].map((names) => names.includes("exp"))).toEqual([true, true]);
  const inputs = topologicalOrder(Object.values(after)).flatMap(({ leaf }) =>
    leaf?.kind === "input" || leaf?.kind === "parameter" ? [leaf.name] : [],
  );
  const carried = Object.keys(before).filter((name) => name !== "features");
  expect(carried.length).toBeGreaterThan(0);
  expect(new Set(inputs)).toEqual(new Set(["x", "late", ...carried]));
  expect(Object.values(before).every((tensor, i, all) => all.indexOf(tensor) === i)).toBe(true);
});

it("preserves topK's second output and the memory of views", async () => {
  const late = input("late", [2, 3]);
  const view = reshape(add(late, late), [6]);
  const { after } = cut({ out: topK(mul(view, view), 2).values }, ["late"]);
  // `late` and its double; the double and its square, without its view; the square, and the two outputs of topK, which nobody reads.
  expect(estimateMemory(after).activations).toBe(48);
  expect((await run(after, { late: Float32Array.of(1, 2, 3, 4, 5, 6) })).out).toEqual(Float32Array.of(144, 100));
});

it("does not cut a graph without late nodes", () => {
  const outputs = example();
  expect(cut(outputs, ["absent"])).toEqual({ before: outputs, after: {} });
});
