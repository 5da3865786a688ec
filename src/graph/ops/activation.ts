/** The activations of CLIP encoders: SiLU, of which `quick_gelu` (OpenAI's weights) is made, and `gelu` (others). */
import { onnxTypes } from "../onnxMessages.ts";
import { define, only } from "../operator.ts";
import { scalar, type Tensor } from "../tensor.ts";
import { add, erf, exp, mul, scale, sub } from "./elementwise.ts";

/** OpenAI's constant: CLIP's QuickGELU is x·σ(1.702x) = SiLU(1.702x)/1.702. */
export const quickGeluAlpha = 1.702;

const siluOperator = define<Record<string, never>>({
  name: "silu",
  types: ([x]) => [x, x].map(({ dtype, shape }) => ({ dtype, shape })),
  sideProducts: true,
  // d/dx x·σ(x) = σ + x·σ·(1 − σ) = σ·(1 + x − y) with y = x·σ: few passes, over values of the forward pass
  gradient: ({ inputs: [x], outputs: [y, gate], grads }) => [
    () => mul(only(grads, "silu"), mul(gate, add(sub(x, y), scalar(1, x.dtype)))),
  ],
  emit: ({ node, fresh, inputs: [x], outputs: [y, gateOut] }) => {
    const gate = gateOut || fresh();
    node("Sigmoid", [x], [gate]);
    node("Mul", [x, gate], [y]);
  },
  samples: [{ shapes: [[2, 5]], attributes: {}, range: [-3, 3] }],
});

/** x·σ(x). */
export const silu = (x: Tensor): Tensor => siluOperator([x], {})[0];

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
    if (dtype !== "float64") return node("Gelu", [x], outputs);
    const [scaled, low, erfLow, erfHigh, plusOne, half] = Array.from({ length: 6 }, fresh);
    node("Mul", [x, number(Math.SQRT1_2, dtype)], [scaled]);
    node("Cast", [scaled], [low], { to: onnxTypes.float32 });
    node("Erf", [low], [erfLow]);
    node("Cast", [erfLow], [erfHigh], { to: onnxTypes.float64 });
    node("Add", [erfHigh, number(1, dtype)], [plusOne]);
    node("Mul", [plusOne, number(0.5, dtype)], [half]);
    return node("Mul", [x, half], outputs);
  },
  samples: [{ shapes: [[2, 5]], attributes: {}, range: [-3, 3], single: true }],
});

/** x·Φ(x), the exact form with erf. */
export const gelu = (x: Tensor): Tensor => geluOperator([x], {})[0];
