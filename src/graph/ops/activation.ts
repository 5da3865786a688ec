/** The activations of CLIP towers: `quick_gelu` (OpenAI's weights) and `gelu` (others). */
import { define, only } from "../operator.ts";
import { scalar, type Tensor } from "../tensor.ts";
import { add, mul, scale, sub } from "./arithmetic.ts";
import { erf, exp, sigmoid } from "./elementwise.ts";

/** OpenAI's constant in x·σ(1.702x). */
const quickGeluAlpha = 1.702;

const quickGeluOperator = define<Record<string, never>>({
  name: "quickGelu",
  types: ([x]) => [{ dtype: x.dtype, shape: x.shape }],
  // d/dx x·σ(αx) = σ(αx)·(1 + αx·(1 − σ(αx))) = σ + α·y·(1 − σ) with y = x·σ
  gradient: ({ inputs: [x], outputs: [y], grads }) => [
    () => {
      const s = sigmoid(scale(x, quickGeluAlpha));
      const slope = add(s, mul(scale(y, quickGeluAlpha), sub(scalar(1, x.dtype), s)));
      return mul(only(grads, "quickGelu"), slope);
    },
  ],
  emit: ({ node, number, fresh, isPortable, inputs, outputs, inputTypes: [{ dtype }] }) => {
    if (dtype === "float32" && !isPortable) {
      node("QuickGelu", inputs, outputs, { alpha: { float: quickGeluAlpha } }, "com.microsoft");
      return;
    }
    const [scaled, gate] = [fresh(), fresh()];
    node("Mul", [inputs[0], number(quickGeluAlpha, dtype)], [scaled]);
    node("Sigmoid", [scaled], [gate]);
    node("Mul", [inputs[0], gate], outputs);
  },
  samples: [{ shapes: [[2, 5]], attributes: {}, range: [-3, 3] }],
});

/** x·σ(1.702x). */
export const quickGelu = (x: Tensor): Tensor => quickGeluOperator([x], {})[0];

const geluOperator = define<Record<string, never>>({
  name: "gelu",
  types: ([x]) => [{ dtype: x.dtype, shape: x.shape }],
  // d/dx x·Φ(x) = Φ(x) + x·φ(x), with Φ(x) = (1 + erf(x/√2))/2 and φ(x) = exp(−x²/2)/√(2π)
  gradient: ({ inputs: [x], grads }) => [
    () => {
      const cumulative = scale(add(erf(scale(x, Math.SQRT1_2)), scalar(1, x.dtype)), 0.5);
      const density = scale(exp(scale(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return mul(only(grads, "gelu"), add(cumulative, mul(x, density)));
    },
  ],
  emit: ({ node, number, fresh, inputs: [x], outputs, inputTypes: [{ dtype }] }) => {
    if (dtype === "float32") return node("Gelu", [x], outputs);
    const [scaled, low, erfLow, erfHigh, plusOne, half] = Array.from({ length: 6 }, fresh);
    node("Mul", [x, number(Math.SQRT1_2, dtype)], [scaled]);
    node("Cast", [scaled], [low], { to: 1 });
    node("Erf", [low], [erfLow]);
    node("Cast", [erfLow], [erfHigh], { to: 11 });
    node("Add", [erfHigh, number(1, dtype)], [plusOne]);
    node("Mul", [plusOne, number(0.5, dtype)], [half]);
    return node("Mul", [x, half], outputs);
  },
  samples: [{ shapes: [[2, 5]], attributes: {}, range: [-3, 3], single: true }],
});

/** x·Φ(x), the exact form with erf. */
export const gelu = (x: Tensor): Tensor => geluOperator([x], {})[0];
