/**
 * Every operator's gradient against central differences in float64, from the operator's own samples. The loss is a
 * fixed random projection of all differentiable outputs, so each element of the Jacobian counts.
 */
import { describe, expect, it } from "vitest";
import { gradient } from "../src/graph/gradient.ts";
import { toOnnx } from "../src/graph/onnx.ts";
import { operators } from "../src/graph/operator.ts";
import { cast } from "../src/graph/ops/cast.ts";
import { add, mul, reduceSum } from "../src/graph/ops/index.ts";
import { constant, elements, isFloat, parameter, type Shape, type Tensor } from "../src/graph/tensor.ts";
import { Random } from "../src/random.ts";
import { openSession } from "../src/runtime/node.ts";

type Sample = ReturnType<typeof operators>[number]["samples"][number];

/** Kernels that are single precision inside need a wider step and bound. */
const bounds = (single: boolean) => (single ? { step: 1e-2, tolerance: 2e-3 } : { step: 1e-5, tolerance: 1e-7 });

describe.each(operators().filter((operator) => operator.differentiable))("$name", (operator) => {
  it("has samples", () => expect(operator.samples.length).toBeGreaterThan(0));

  it.each(operator.samples.map((sample, i) => ({ i, sample })))(
    "sample $i equals central differences",
    async ({ sample }) => {
      const { leaves, values, loss } = build(sample, operator.name);
      const grads = gradient(loss, leaves);
      const outputs = Object.fromEntries([["loss", loss], ...grads.map((g, i) => [`g${i}`, g] as const)]);
      const session = await openSession(toOnnx(outputs), { optimisation: "basic", threads: 1 });
      const { step, tolerance } = bounds(sample.single === true);
      const run = async () => await session.run(Object.fromEntries(values.map((v, i) => [`x${i}`, v])));
      const analytic = await run();
      for (const [i, value] of values.entries()) {
        for (let j = 0; j < value.length; j++) {
          const before = value[j];
          value[j] = before + step;
          const above = Number((await run()).loss[0]);
          value[j] = before - step;
          const below = Number((await run()).loss[0]);
          value[j] = before;
          const numeric = (above - below) / (2 * step);
          const error = Math.abs(Number(analytic[`g${i}`][j]) - numeric) / Math.max(1, Math.abs(numeric));
          expect(error, `input ${i}, element ${j}: ${analytic[`g${i}`][j]} against ${numeric}`).toBeLessThan(tolerance);
        }
      }
      await session.dispose();
    },
  );

  it.each(operator.samples.map((sample, i) => ({ i, sample })))("sample $i agrees in float32", async ({ sample }) => {
    const double = build(sample, operator.name);
    const single = build(sample, operator.name, "float32");
    const reference = await lossOf(double.loss, double.values);
    const value = await lossOf(
      single.loss,
      single.values.map((v) => Float32Array.from(v)),
    );
    expect(Math.abs(value - reference)).toBeLessThan(1e-5 * Math.max(1, Math.abs(reference)));
  });
});

it("says which operators are constant almost everywhere", () => {
  const constants = operators().flatMap((operator) => (operator.differentiable ? [] : [operator.name]));
  expect(constants).toEqual(["sign"]);
});

function build(sample: Sample, name: string, dtype: "float32" | "float64" = "float64") {
  const random = new Random("sweep", name, JSON.stringify(sample.shapes));
  const [low, high] = sample.range ?? [-1, 1];
  const leaves: Tensor[] = [];
  const values: Float64Array[] = [];
  const inputs = sample.shapes.map((shape, i) => {
    const bound = sample.indices?.[i];
    if (bound !== undefined) {
      const rows = distinctRows(shape, bound, random);
      return constant(BigInt64Array.from(rows, BigInt), shape);
    }
    const leaf = parameter(`x${leaves.length}`, shape, dtype);
    leaves.push(leaf);
    values.push(Float64Array.from({ length: elements(shape) }, () => random.uniform(low, high)));
    return leaf;
  });
  const outputs = sample.apply(inputs).filter((output) => isFloat(output.dtype));
  return { leaves, values, loss: project(firstOnly(name, outputs), random, dtype) };
}

/** Layer norm's moments are side products without a gradient of their own. */
const firstOnly = (name: string, outputs: readonly Tensor[]) => (name === "layerNorm" ? outputs.slice(0, 1) : outputs);

function project(outputs: readonly Tensor[], random: Random, dtype: "float32" | "float64"): Tensor {
  const terms = outputs.map((output) => {
    const weights = Float64Array.from({ length: elements(output.shape) }, () => random.uniform(-1, 1));
    const axes = output.shape.map((_, i) => i);
    return reduceSum(mul(cast(output, dtype), cast(constant(weights, output.shape), dtype)), axes);
  });
  return terms.reduce((sum, term) => add(sum, term));
}

/** Indices without repeats along the last axis, where the operator's meaning asks for it. */
function distinctRows(shape: Shape, bound: number, random: Random): number[] {
  const last = shape[shape.length - 1];
  const rows = elements(shape) / last;
  return Array.from({ length: rows }, () =>
    last <= bound
      ? random.permutation(bound).slice(0, last)
      : Array.from({ length: last }, () => random.integer(bound)),
  ).flat();
}

async function lossOf(loss: Tensor, values: readonly (Float32Array | Float64Array)[]): Promise<number> {
  // Fusions exist for single precision only.
  const optimisation = loss.dtype === "float64" ? "basic" : "all";
  const session = await openSession(toOnnx({ loss }), { threads: 1, optimisation });
  const { loss: result } = await session.run(Object.fromEntries(values.map((v, i) => [`x${i}`, v])));
  await session.dispose();
  return Number(result[0]);
}
