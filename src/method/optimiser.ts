/** Optimisers as PyTorch defines them (docs/method.md, Training options). */
import type { TensorData } from "../graph/tensor.ts";
import { Registry } from "../platform/registry.ts";
import type { Prompts } from "./prompts.ts";

/** A functional optimiser with explicit state. */
export interface Optimiser<State> {
  /** The state before the first step. */
  init(prompts: Prompts): State;
  /** Returns new prompts and state; the arguments are not modified. */
  update(prompts: Prompts, gradients: Gradients, state: State, lr: number): { prompts: Prompts; state: State };
}

/** Gradients by tensor name. */
export type Gradients = Readonly<Record<string, Float32Array>>;

/** State of an optimiser as the tensors of a resume file, such as `momentum.text.context`. `init` determines their names and shapes. */
export type OptimiserState = Readonly<Record<string, TensorData>>;

/** Hyperparameters of an optimiser. */
export interface OptimiserOptions {
  /** μ of SGD, β₁ of AdamW */
  readonly momentum: number;
  readonly weightDecay: number;
  /** β₂ of AdamW; default 0.999 */
  readonly beta2?: number | undefined;
  /** ε of AdamW; default 1e-8 as PyTorch's */
  readonly epsilon?: number | undefined;
}

/** An optimiser that `--optimiser` selects by name. */
export interface OptimiserKind {
  readonly name: string;
  /** Makes the optimiser of a training. */
  create(options: OptimiserOptions): Optimiser<OptimiserState>;
}

/** PyTorch's SGD with momentum and weight decay: buf = μ·buf + (grad + wd·w); w −= lr·buf. */
export const sgd = ({ momentum, weightDecay }: OptimiserOptions): Optimiser<OptimiserState> => ({
  // PyTorch initialises the buffer with the first gradient; a zero buffer gives the same first step.
  init: (prompts) => zeros("momentum", prompts),
  update: (prompts, gradients, state, lr) => {
    const buffers = mapValues(prompts, ({ shape, data: w }, name) => {
      const { data: before } = state[`momentum.${name}`];
      const grad = gradients[name];
      return { shape, data: before.map((buf, i) => momentum * buf + Math.fround(grad[i] + weightDecay * w[i])) };
    });
    const moved = mapValues(prompts, ({ shape, data: w }, name) => {
      const { data: buf } = buffers[name];
      return { shape, data: w.map((value, i) => value - lr * buf[i]) };
    });
    return { prompts: moved, state: prefixed("momentum", buffers) };
  },
});

/**
 * PyTorch's AdamW (Loshchilov and Hutter 2019): w −= lr·wd·w, then w −= lr·m̂ / (√v̂ + ε) with the bias-corrected moving averages m̂
 * and v̂ of the gradient and its square.
 */
export const adamw = ({
  momentum: beta1,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay,
}: OptimiserOptions): Optimiser<OptimiserState> => ({
  init: (prompts) => ({
    ...zeros("exp_avg", prompts),
    ...zeros("exp_avg_sq", prompts),
    step: { shape: [1], data: new Float32Array(1) },
  }),
  update: (prompts, gradients, state, lr) => {
    const step = state.step.data[0] + 1;
    const size = lr / (1 - beta1 ** step);
    const correction = Math.sqrt(1 - beta2 ** step);
    const averages = (slot: string, beta: number, of: (grad: number) => number) =>
      mapValues(prompts, ({ shape }, name) => {
        const { data: before } = state[`${slot}.${name}`];
        return { shape, data: before.map((value, i) => beta * value + (1 - beta) * of(gradients[name][i])) };
      });
    const first = averages("exp_avg", beta1, (grad) => grad);
    const second = averages("exp_avg_sq", beta2, (grad) => grad * grad);
    const moved = mapValues(prompts, ({ shape, data: w }, name) => {
      const [{ data: m }, { data: v }] = [first[name], second[name]];
      const at = (i: number) => m[i] / (Math.sqrt(v[i]) / correction + epsilon);
      return { shape, data: w.map((value, i) => value * (1 - lr * weightDecay) - size * at(i)) };
    });
    const slots = { ...prefixed("exp_avg", first), ...prefixed("exp_avg_sq", second) };
    return { prompts: moved, state: { ...slots, step: { shape: [1], data: Float32Array.of(step) } } };
  },
});

/** Registry of the optimisers of `--optimiser`. */
export const optimisers = new Registry<OptimiserKind>("optimiser", /^[a-z][\w-]*$/, [
  { name: "sgd", create: sgd },
  { name: "adamw", create: adamw },
]);

/** The optimiser with gradients clipped to a global norm before each update. */
export const withClippedGradients = <State>(optimiser: Optimiser<State>, maxNorm: number): Optimiser<State> => ({
  init: optimiser.init,
  update: (prompts, gradients, state, lr) => optimiser.update(prompts, clippedGradients(gradients, maxNorm), state, lr),
});

/** PyTorch's `clip_grad_norm_`: gradients · min(1, maxNorm / (norm + 1e-6)), with the L2 norm over all tensors together. */
export function clippedGradients(gradients: Gradients, maxNorm: number): Gradients {
  let squares = 0;
  for (const grad of Object.values(gradients)) for (const value of grad) squares += value * value;
  const factor = maxNorm / (Math.sqrt(squares) + 1e-6);
  if (factor >= 1) return gradients;
  return Object.fromEntries(Object.entries(gradients).map(([name, grad]) => [name, grad.map((g) => g * factor)]));
}

const zeros = (slot: string, prompts: Prompts): OptimiserState =>
  prefixed(
    slot,
    mapValues(prompts, ({ shape, data }) => ({ shape, data: new Float32Array(data.length) })),
  );

const prefixed = (slot: string, values: Prompts): OptimiserState =>
  Object.fromEntries(Object.entries(values).map(([name, tensor]) => [`${slot}.${name}`, tensor]));

const mapValues = (prompts: Prompts, to: (values: TensorData, name: string) => TensorData): Prompts =>
  Object.fromEntries(Object.entries(prompts).map(([name, values]) => [name, to(values, name)]));
