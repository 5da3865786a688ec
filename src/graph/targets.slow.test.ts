/** Every operator computes the same however it is written: each target's nodes on the CPU, which has kernels for all of them. */
import { expect, it } from "vitest";
import { sweepOperators } from "../../test/sessionContract.ts";
import { toOnnx } from "./onnx.ts";
import { attention, matmul, transpose } from "./ops/index.ts";
import { openSession } from "./runtime/session.node.ts";
import { type TargetName, targetNames, targetOf, targets } from "./target.ts";
import { constant, input, type Tensor } from "./tensor.ts";

const sweep = (name: TargetName) => sweepOperators({ target: targets[name], open: async () => openSession });

it.each(["webgpu", "cuda", "portable"] as const)("every operator is the same written for %s", async (name) => {
  const [expected, found] = [await sweep("cpu"), await sweep(name)];
  for (const [sample, values] of Object.entries(found)) {
    const largest = Math.max(1, ...values.map(Math.abs));
    const gaps = values.map((value, i) => Math.abs(value - expected[sample][i]) / largest);
    expect(Math.max(...gaps), sample).toBeLessThan(1e-5);
  }
});

it("a provider has its own target, WebAssembly that of the CPU, and one that is not known here the portable one", () => {
  const names = ["cpu", "wasm", "webgpu", "cuda", "dml", undefined].map((provider) => targetOf(provider).name);
  expect(names).toEqual(["cpu", "cpu", "webgpu", "cuda", "portable", "cpu"]);
});

/** The names of the ONNX operators in a model's bytes, with how often each is there. */
function countOf(out: Tensor, target: TargetName, operator: string): number {
  const text = Buffer.from(toOnnx({ out }, {}, { target: targets[target] }).bytes).toString("latin1");
  // NodeProto.op_type is field 4: its tag, its length, and the name.
  return text.split(`\x22${String.fromCharCode(operator.length)}${operator}`).length - 1;
}

const [queries, keys] = [input("q", [2, 9, 8]), input("k", [2, 11, 8])];

it("Microsoft's fused operators are written for the targets that have them, and for no other", () => {
  const product = matmul(queries, keys, { transB: true, alpha: 2 });
  const attended = attention(queries, keys, keys, 2);
  const counts = (out: Tensor, operator: string) => targetNames.map((name) => countOf(out, name, operator));
  expect(counts(product, "FusedMatMul")).toEqual([1, 0, 1, 0]);
  expect(counts(attended, "MultiHeadAttention")).toEqual([1, 0, 1, 0]);
  expect(counts(attended, "Transpose")).toEqual([0, 4, 0, 5]);
});

it("a product for a card transposes what is small: two short tensors rather than a long one, and matrices not at all", () => {
  // [4, 100, 90]ᵀ × [4, 100, 2]: 800 values and the result's 720 move instead of 36,000.
  const [long, short] = [input("long", [4, 100, 90]), input("short", [4, 100, 2])];
  const product = matmul(long, short, { transA: true });
  expect(countOf(product, "webgpu", "Transpose")).toBe(2);
  expect(countOf(product, "portable", "Transpose")).toBe(1);
  const flat = matmul(input("a", [100, 90]), constant(new Float32Array(200), [100, 2]), { transA: true, alpha: 3 });
  expect([countOf(flat, "webgpu", "Transpose"), countOf(flat, "webgpu", "Gemm")]).toEqual([0, 1]);
  expect(countOf(transpose(flat, [1, 0]), "webgpu", "Transpose")).toBe(1);
});

it("the product that is written turned round is the same", async () => {
  const outputs = {
    product: matmul(input("long", [2, 30, 20]), input("short", [2, 30, 3]), { transA: true, alpha: 0.5 }),
  };
  const feeds = {
    long: new Float32Array(1200).map((_, i) => Math.sin(i)),
    short: new Float32Array(180).map((_, i) => Math.cos(i)),
  };
  const found: ArrayLike<number | bigint>[] = [];
  for (const target of [targets.cpu, targets.webgpu]) {
    const session = await openSession(toOnnx(outputs, {}, { target }), { threads: 1 });
    found.push((await session.run(feeds)).product);
    await session.dispose();
  }
  expect(found[0].length).toBe(120);
  for (let i = 0; i < 120; i++) expect(Number(found[1][i])).toBeCloseTo(Number(found[0][i]), 5);
});
