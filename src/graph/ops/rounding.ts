/** Operators that bound and round values elementwise. */

import { define, only } from "../operator.ts";
import { scalar, type Tensor } from "../tensor.ts";
import { abs, mul, sign, sub } from "./elementwise.ts";

const clampOperator = define<{ min: number; max: number }>({
  name: "clamp",
  types: ([x]) => [{ dtype: x.dtype, shape: x.shape }],
  // 1 where x is its own result, 0 where it was moved to a bound
  gradient: ({ inputs: [x], outputs: [y], grads }) => [
    () => mul(only(grads, "clamp"), sub(scalar(1, x.dtype), abs(sign(sub(x, y))))),
  ],
  emit: ({ node, number, inputs: [x], inputTypes: [{ dtype }], outputs }, { min, max }) =>
    node("Clip", [x, number(min, dtype), number(max, dtype)], outputs),
  samples: [{ shapes: [[4, 5]], attributes: { min: -0.4, max: 0.6 } }],
});

/** x moved to the nearest value in [min, max], elementwise. */
export const clamp = (x: Tensor, min: number, max: number): Tensor => clampOperator([x], { min, max })[0];

const floorOperator = define<Record<string, never>>({
  name: "floor",
  types: ([x]) => [{ dtype: x.dtype, shape: x.shape }],
  gradient: "none",
  emit: ({ node, inputs, outputs }) => node("Floor", inputs, outputs),
  samples: [{ shapes: [[2, 5]], attributes: {}, range: [-3, 3] }],
});

/** The largest integer up to x, elementwise; its derivative is 0. */
export const floor = (x: Tensor): Tensor => floorOperator([x], {})[0];
