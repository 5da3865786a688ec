import { expect, it } from "vitest";
import { cosine } from "../../test/cosine.ts";
import { gradient } from "../graph/gradient.ts";
import { toOnnx } from "../graph/onnx.ts";
import { int8Linear, mul, reduceSum } from "../graph/ops/index.ts";
import { openSession } from "../graph/runtime/session.node.ts";
import { constant, parameter, type Tensor } from "../graph/tensor.ts";
import { byColumn, byRow } from "./int8.node.ts";
import { formulaValues } from "./random.node.ts";

const w = Float32Array.of(127, -63.5, 2, 0, 0.5, -0.254);

it("quantises by the maximum magnitude of each row, and transposes", () => {
  const { transposed, scale } = byRow(w, 2, 3);
  expect([...scale]).toEqual([1, Math.fround(0.5 / 127)]);
  // Rows 127 −63.5 2 and 0 127 −64.516, column by column; halves go up, as Math.round has it.
  expect([...transposed]).toEqual([127, 0, -63, 127, 2, -65]);
});

it("quantises by the maximum magnitude of each column", () => {
  const { values, scale } = byColumn(w, 2, 3);
  expect([...scale]).toEqual([1, 0.5, Math.fround(2 / 127)]);
  expect([...values]).toEqual([127, -127, 127, 0, 1, -16]);
});

it("quantises a row of zeros to zeros with scale 1", () => {
  const { transposed, scale } = byRow(new Float32Array(2), 1, 2);
  expect([...transposed, ...scale]).toEqual([0, 0, 1]);
});

it("int8Linear computes the product and its gradient, also for rows of zeros", async () => {
  const [rows, inner, out] = [5, 32, 48];
  const w = formulaValues("w", out * inner, 0, 1);
  const x = formulaValues("x", rows * inner, 0, 1);
  const upstream = formulaValues("u", rows * out, 0, 1);
  // Rows of very different sizes, one of them zero.
  for (let row = 0; row < rows; row++) upstream.fill(0, row * out, row === 2 ? (row + 1) * out : row * out);
  for (let i = 0; i < out; i++) upstream[i] *= 1e-6;
  const bias = formulaValues("b", out, 0, 1);
  const input = parameter("x", [rows, inner]);
  const y = int8Linear(input, int8Weight(w, out, inner), constant(bias, [out]));
  const [dx] = gradient(reduceSum(mul(y, constant(upstream, [rows, out])), [0, 1]), [input]);
  const session = await openSession(toOnnx({ y, dx }), { threads: 1 });
  const found = await session.run({ x });
  await session.dispose();
  const forward = new Float32Array(rows * out);
  const backward = new Float32Array(rows * inner);
  for (let r = 0; r < rows; r++) {
    for (let o = 0; o < out; o++) {
      forward[r * out + o] = bias[o];
      for (let i = 0; i < inner; i++) {
        forward[r * out + o] += x[r * inner + i] * w[o * inner + i];
        backward[r * inner + i] += upstream[r * out + o] * w[o * inner + i];
      }
    }
  }
  expect(cosine(found.y, forward)).toBeGreaterThan(0.9995);
  for (const row of [0, 1, 3, 4]) {
    const part = [row * inner, (row + 1) * inner] as const;
    expect(cosine(found.dx.slice(...part), backward.slice(...part)), `row ${row}`).toBeGreaterThan(0.999);
  }
  expect(Array.from(found.dx.slice(2 * inner, 3 * inner), Number)).toEqual(new Array(inner).fill(0));
});

it("int8Linear sums products of extreme values without saturation", async () => {
  const [rows, inner, out] = [4, 64, 16];
  const ones = (count: number) => new Float32Array(count).fill(1);
  const x = parameter("x", [rows, inner]);
  const y = int8Linear(x, int8Weight(ones(out * inner), out, inner), constant(new Float32Array(out), [out]));
  const session = await openSession(toOnnx({ y }), { threads: 1 });
  const found = await session.run({ x: ones(rows * inner) });
  await session.dispose();
  for (const value of found.y) expect(Number(value)).toBeCloseTo(inner, 3);
});

function int8Weight(w: Float32Array, out: number, inner: number) {
  const [forward, backward] = [byRow(w, out, inner), byColumn(w, out, inner)];
  const floats = (values: Float32Array): Tensor => constant(values, [values.length]);
  return {
    forward: constant(forward.transposed, [inner, out]),
    forwardScale: floats(forward.scale),
    backward: constant(backward.values, [out, inner]),
    backwardScale: floats(backward.scale),
  };
}
