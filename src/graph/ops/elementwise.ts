/** Functions of one tensor, element by element. */
import type { Emission } from "../emission.ts";
import { define, only } from "../operator.ts";
import type { Tensor } from "../tensor.ts";
import { div, mul, scale } from "./arithmetic.ts";

type Rule = ((x: Tensor, y: Tensor, grad: Tensor) => Tensor) | "none";
interface Options {
  readonly range?: readonly [number, number];
  readonly single?: boolean;
  readonly emit?: (emission: Emission) => void;
}

const unary = (name: string, op: string, rule: Rule, options: Options = {}) => {
  const { range, single, emit = ({ node, inputs, outputs }) => node(op, inputs, outputs) } = options;
  const apply = define<Record<string, never>>({
    name,
    types: ([x]) => [{ dtype: x.dtype, shape: x.shape }],
    gradient:
      rule === "none"
        ? "none"
        : ({ inputs: [x], outputs: [y], grads }) => {
            const grad = only(grads, name);
            return [() => rule(x, y, grad)];
          },
    emit,
    samples: [{ shapes: [[2, 5]], attributes: {}, range, single }],
  });
  return (x: Tensor): Tensor => apply([x], {})[0];
};

export const exp = unary("exp", "Exp", (_x, y, grad) => mul(grad, y));
export const log = unary("log", "Log", (x, _y, grad) => div(grad, x), { range: [0.5, 2] });
export const sqrt = unary("sqrt", "Sqrt", (_x, y, grad) => div(scale(grad, 0.5), y), { range: [0.5, 2] });
export const sign = unary("sign", "Sign", "none");
export const abs = unary("abs", "Abs", (x, _y, grad) => mul(grad, sign(x)));

/** erf(x); ONNX Runtime has it in single precision only, so double precision passes through it. */
export const erf = unary(
  "erf",
  "Erf",
  (x, _y, grad) => mul(grad, scale(exp(scale(mul(x, x), -1)), 2 / Math.sqrt(Math.PI))),
  {
    single: true,
    emit: (emission) => {
      const { node, inputs, outputs, fresh } = emission;
      if (emission.inputTypes[0].dtype === "float32") return node("Erf", inputs, outputs);
      const [low, high] = [fresh(), fresh()];
      node("Cast", inputs, [low], { to: 1 });
      node("Erf", [low], [high]);
      return node("Cast", [high], outputs, { to: 11 });
    },
  },
);
