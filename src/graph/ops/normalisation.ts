/** Softmax, layer norm and L2 normalisation, all over the last axis. */

import { define, only, reject } from "../operator.ts";
import type { Emission, Tensor } from "../tensor.ts";
import { reduceSum } from "./broadcast.ts";
import { add, div, exp, mul, reduceMean, sqrt, sub } from "./elementwise.ts";

const softmaxOperator = define<Record<string, never>>({
  name: "softmax",
  types: ([x]) => [{ dtype: x.dtype, shape: x.shape }],
  gradient: ({ outputs: [y], grads }) => [
    () => {
      const grad = only(grads, "softmax");
      return mul(y, sub(grad, reduceSum(mul(grad, y), [-1], true)));
    },
  ],
  emit: ({ node, inputs, outputs }) => node("Softmax", inputs, outputs, { axis: -1 }),
  samples: [{ shapes: [[2, 3, 4]], attributes: {} }],
});

/** exp(x) / Σ exp(x) over the last axis. */
export const softmax = (x: Tensor): Tensor => softmaxOperator([x], {})[0];

const logSoftmaxOperator = define<Record<string, never>>({
  name: "logSoftmax",
  types: ([x]) => [{ dtype: x.dtype, shape: x.shape }],
  gradient: ({ outputs: [y], grads }) => [
    () => {
      const grad = only(grads, "logSoftmax");
      return sub(grad, mul(exp(y), reduceSum(grad, [-1], true)));
    },
  ],
  emit: ({ node, inputs, outputs }) => node("LogSoftmax", inputs, outputs, { axis: -1 }),
  emitFor: { webgpu: emitLogSoftmax },
  samples: [{ shapes: [[2, 3, 4]], attributes: {} }],
});

/** log softmax(x) over the last axis. */
export const logSoftmax = (x: Tensor): Tensor => logSoftmaxOperator([x], {})[0];

const layerNormOperator = define<{ epsilon: number }>({
  name: "layerNorm",
  types: ([x, scale, bias]) => {
    const width = x.shape[x.shape.length - 1];
    if (scale.shape[0] !== width || bias.shape[0] !== width)
      return reject("layerNorm", `${width} scales`, [x, scale, bias]);
    const moments = [...x.shape.slice(0, -1), 1];
    return [x, { dtype: x.dtype, shape: moments }, { dtype: x.dtype, shape: moments }];
  },
  // With x̂ = (x − mean)/σ and u = grad·γ, ∂x = (u − mean(u) − x̂·mean(u·x̂))/σ is u/σ − a·x + b with numbers a and b of the row.
  sideProducts: true,
  gradient: ({ inputs: [x, gamma, beta], outputs: [, mean, inverse], grads }) => {
    const grad = only(grads, "layerNorm");
    const normalised = () => mul(sub(x, mean), inverse);
    const rows = x.shape.map((_, i) => i).slice(0, -1);
    return [
      () => {
        const u = mul(grad, gamma);
        const level = reduceMean(u, [-1], true);
        const steep = sub(reduceMean(mul(u, x), [-1], true), mul(mean, level));
        const along = mul(mul(inverse, mul(inverse, inverse)), steep);
        return add(sub(mul(u, inverse), mul(x, along)), sub(mul(mean, along), mul(inverse, level)));
      },
      () => reduceSum(mul(grad, normalised()), rows),
      () => reduceSum(grad, beta.shape.length === 1 ? rows : []),
    ];
  },
  emit: (emission, { epsilon }) => {
    if (emission.outputTypes[0].dtype === "float64") return emitLayerNormDouble(emission, epsilon);
    const { node, inputs, outputs } = emission;
    return node("LayerNormalization", inputs, outputs, { axis: -1, epsilon: { float: epsilon } });
  },
  samples: [{ shapes: [[3, 5], [5], [5]], attributes: { epsilon: 1e-5 } }],
});

/** (x − mean)/√(variance + ε)·γ + β over the last axis: x […, width], γ and β [width]. */
export const layerNorm = (x: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): Tensor =>
  layerNormOperator([x, gamma, beta], { epsilon })[0];

/** x / ‖x‖₂ over the last axis. */
export const l2Normalise = (x: Tensor): Tensor => div(x, sqrt(reduceSum(mul(x, x), [-1], true)));

/** x − max − log Σ exp(x − max) step by step, for runtimes without a kernel of LogSoftmax. */
function emitLogSoftmax({ node, ints, fresh, inputs: [x], outputs }: Emission): void {
  const [largest, shifted, exponentials, sum, logSum] = Array.from({ length: 5 }, fresh);
  node("ReduceMax", [x, ints([-1])], [largest], { keepdims: 1 });
  node("Sub", [x, largest], [shifted]);
  node("Exp", [shifted], [exponentials]);
  node("ReduceSum", [exponentials, ints([-1])], [sum], { keepdims: 1 });
  node("Log", [sum], [logSum]);
  node("Sub", [shifted, logSum], outputs);
}

/** Layer norm step by step in double precision, in which ONNX's LayerNormalization does not give its moments. */
function emitLayerNormDouble({ node, ints, number, fresh, inputs, outputs }: Emission, epsilon: number): void {
  const [x, gamma, beta] = inputs;
  const [centred, square, variance, shifted, deviation, normalised, scaled, mean, inverse] = Array.from(
    { length: 9 },
    fresh,
  );
  const [meanOut, inverseOut] = [outputs[1] || mean, outputs[2] || inverse];
  node("ReduceMean", [x, ints([-1])], [meanOut], { keepdims: 1 });
  node("Sub", [x, meanOut], [centred]);
  node("Mul", [centred, centred], [square]);
  node("ReduceMean", [square, ints([-1])], [variance], { keepdims: 1 });
  node("Add", [variance, number(epsilon, "float64")], [shifted]);
  node("Sqrt", [shifted], [deviation]);
  node("Reciprocal", [deviation], [inverseOut]);
  node("Mul", [centred, inverseOut], [normalised]);
  node("Mul", [normalised, gamma], [scaled]);
  node("Add", [scaled, beta], [outputs[0]]);
}
