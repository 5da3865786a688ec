import { expect, it } from "vitest";
import { toOnnx } from "../graph/onnx.ts";
import { openSession } from "../graph/runtime/session.node.ts";
import { constant } from "../graph/tensor.ts";
import { logits } from "./mpaFer.ts";

/** Of one image in a world of 3 patches and 2 classes, E = 2, s = 10. */
async function logitsOf(k: number): Promise<number[]> {
  const of = (shape: number[], ...values: number[]) => constant(Float32Array.from(values), shape);
  const image = { global: of([1, 2], 1, 0), local: of([1, 3, 2], 0.6, 0.8, 1, 0, 0, 1) };
  const theta = of([2, 2], 1, 0, 0, 1);
  const session = await openSession(toOnnx({ scores: logits({ scale: 10 }, image, theta, k) }));
  const { scores } = await session.run({});
  await session.dispose();
  return Array.from(scores, Number);
}

it.each([
  // g·θ alone: 1 and 0
  ["no patch", 0, [10, 0]],
  // Z·θ₁ = 0.6, 1, 0 and Z·θ₂ = 0.8, 0, 1: the largest is 1 for either class, of another patch each
  ["the most similar patch of each class", 1, [20, 10]],
  // means of 1 and 0.6, of 1 and 0.8
  ["the two most similar", 2, [18, 9]],
  // k is capped at 3: 1 + 1.6/3 and 1.8/3
  ["no more patches than there are", 5, [10 * (1 + 1.6 / 3), 6]],
])("adds the global similarity and the mean over %s (Eq. 8–10)", async (_, k, expected) => {
  const found = await logitsOf(k);
  expect(found).toHaveLength(2);
  for (const [c, value] of found.entries()) expect(value).toBeCloseTo(expected[c], 5);
});
