/**
 * Every operator's gradient against central differences in float64, from the operator's own samples. The loss is a
 * fixed random projection of all differentiable outputs, so each element of the Jacobian counts.
 */
import { describe, expect, it } from "vitest";
import { operatorLoss } from "../../test/operatorLoss.ts";
import { gradient } from "./gradient.ts";
import { toOnnx } from "./onnx.ts";
import { operators } from "./operator.ts";
import { openSession } from "./runtime/session.node.ts";
import type { Tensor } from "./tensor.ts";

/** Kernels that are single precision inside need a wider step and bound. */
const bounds = (single: boolean) => (single ? { step: 1e-2, tolerance: 2e-3 } : { step: 1e-5, tolerance: 1e-7 });

describe.each(operators().filter((operator) => operator.differentiable))("$name", (operator) => {
  it("has samples", () => expect(operator.samples.length).toBeGreaterThan(0));

  it.each(operator.samples.map((sample, i) => ({ i, sample })))(
    "sample $i equals central differences",
    async ({ sample }) => {
      const { leaves, values, loss } = operatorLoss(sample, operator.name);
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
    const double = operatorLoss(sample, operator.name);
    const single = operatorLoss(sample, operator.name, "float32");
    const reference = await lossOf(double.loss, double.values);
    const value = await lossOf(
      single.loss,
      single.values.map((v) => Float32Array.from(v)),
    );
    expect(Math.abs(value - reference)).toBeLessThan(1e-5 * Math.max(1, Math.abs(reference)));
  });
});

it("leaves out four operators: two constant almost everywhere, two that round (clip/int8.slow.test.ts)", () => {
  const constants = operators().flatMap((operator) => (operator.differentiable ? [] : [operator.name]));
  expect(constants).toEqual(["sign", "int8Linear", "int8Rows", "floor"]);
});

async function lossOf(loss: Tensor, values: readonly (Float32Array | Float64Array)[]): Promise<number> {
  // Fusions exist for single precision only.
  const optimisation = loss.dtype === "float64" ? "basic" : "all";
  const session = await openSession(toOnnx({ loss }), { threads: 1, optimisation });
  const { loss: result } = await session.run(Object.fromEntries(values.map((v, i) => [`x${i}`, v])));
  await session.dispose();
  return Number(result[0]);
}
