/** Attention of a single query, which multiplies no token by the matrices of keys and values. */
import { expect, it } from "vitest";
import { gradient } from "../graph/gradient.ts";
import { toOnnx } from "../graph/onnx.ts";
import { attention, linear, mul, reduceSum, reshape } from "../graph/ops/index.ts";
import { openSession } from "../graph/runtime/session.node.ts";
import { constant, elements, parameter, type Shape } from "../graph/tensor.ts";
import { formulaValues } from "./random.node.ts";
import { singleQueryAttention } from "./singleQueryAttention.ts";

const [batch, tokens, width, heads] = [3, 7, 24, 4];
const drawn = (name: string, shape: Shape) => constant(formulaValues(name, elements(shape), 0, 0.5), shape);

it("computes the values and the gradient of ordinary attention", async () => {
  const x = parameter("x", [batch, tokens, width]);
  const query = drawn("query", [batch, width]);
  const projected = (name: string) => {
    const rows = reshape(x, [batch * tokens, width]);
    const made = linear(rows, drawn(`a.${name}.weight`, [width, width]), drawn(`a.${name}.bias`, [width]));
    return reshape(made, [batch, tokens, width]);
  };
  const all = attention(reshape(query, [batch, 1, width]), projected("k_proj"), projected("v_proj"), heads);
  const ways = {
    once: singleQueryAttention({ leaf: drawn }, { heads, prefix: "a", query, x }),
    usual: reshape(all, [batch, width]),
  };
  const weighting = drawn("weighting", [batch, width]);
  const values: Record<string, readonly number[]> = {};
  for (const [name, out] of Object.entries(ways)) {
    const [grad] = gradient(reduceSum(mul(out, weighting), [0, 1]), [x]);
    const session = await openSession(toOnnx({ out, grad }), { threads: 1 });
    const results = await session.run({ x: formulaValues("x", batch * tokens * width, 0, 1) });
    values[name] = [...results.out, ...results.grad].map(Number);
    await session.dispose();
  }
  expect(values.once.length).toBe(batch * width * (1 + tokens));
  expect(Math.max(...values.usual.map(Math.abs))).toBeGreaterThan(0.5);
  expect(Math.max(...values.once.map((value, i) => Math.abs(value - values.usual[i])))).toBeLessThan(5e-6);
});
