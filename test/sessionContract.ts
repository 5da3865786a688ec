/**
 * Contract of every runtime (src/graph/runtime/session.ts). Tolerances are absolute, on values near 1: 1e-6 for a few
 * single-precision sums, 1e-12 for double precision, 0 for operators that only move values.
 */

import { gradient } from "../src/graph/gradient.ts";
import { toOnnx } from "../src/graph/onnx.ts";
import { operators } from "../src/graph/operator.ts";
import { add, attention, cast, gatherRows, layerNorm, matmul, mul, reduceSum, silu } from "../src/graph/ops/index.ts";
import type { OpenSession, Results } from "../src/graph/runtime/session.ts";
import { type Target, targets } from "../src/graph/target.ts";
import { constant, input, parameter, type Tensor, weight } from "../src/graph/tensor.ts";
import { MpaError } from "../src/platform/errors.ts";
import { operatorLoss } from "./operatorLoss.ts";

/** A runtime: it opens sessions over `weights`, the bytes of the file `weights.bin`, and graphs are written for its target. */
export interface ContractRuntime {
  readonly target: Target;
  open(weights: Uint8Array<ArrayBuffer>): Promise<OpenSession>;
}

interface ContractCase {
  readonly name: string;
  /** expected values, or the expected error code */
  readonly expected: readonly number[] | string;
  readonly tolerance: number;
  /** requires what WebGPU lacks, and is refused there with RUNTIME */
  readonly notOnWebGpu?: true;
  run(runtime: ContractRuntime): Promise<Results[string]>;
}

const none = new Uint8Array();
const xy = () => [input("x", [2]), input("y", [2])] as const;
const feeds = { x: Float32Array.of(1, 2), y: Float32Array.of(10, 20) };

/** Runs one graph once and returns the output `out`. */
async function once(runtime: ContractRuntime, out: Tensor, given: Parameters<typeof feed>[1], weights = none) {
  return (await feed(await (await runtime.open(weights))(written(runtime, { out })), given)).out;
}

const written = ({ target }: ContractRuntime, outputs: Readonly<Record<string, Tensor>>) =>
  toOnnx(outputs, {}, { target });

async function feed(session: Awaited<ReturnType<OpenSession>>, given: Parameters<typeof session.run>[0]) {
  try {
    return await session.run(given);
  } finally {
    await session.dispose();
  }
}

const single = 1e-6;
/** Three values at an offset of four bytes. */
const weightBytes = new Uint8Array(Float32Array.of(7, 1, 2, 3).buffer);

export const contract: readonly ContractCase[] = [
  { name: "adds", expected: [11, 22], tolerance: 0, run: (on) => once(on, add(...xy()), feeds) },
  {
    name: "computes in double precision",
    expected: [1 + 1e-9],
    tolerance: 1e-12,
    notOnWebGpu: true,
    run: (on) =>
      once(on, add(input("x", [1], "float64"), constant(Float64Array.of(1e-9), [1])), { x: Float64Array.of(1) }),
  },
  {
    name: "takes 64-bit integers",
    expected: [5, 6, 1, 2],
    tolerance: 0,
    run: (on) =>
      once(on, gatherRows(constant(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]), input("rows", [2], "int64")), {
        rows: BigInt64Array.of(2n, 0n),
      }),
  },
  {
    name: "reads external weights at their offsets",
    expected: [10, 40, 90],
    tolerance: 0,
    run: (on) => {
      const w = weight("w", { dtype: "float32", shape: [3] }, { file: "weights.bin", offset: 4, length: 12 });
      return once(on, mul(cast(w, "float32"), input("x", [3])), { x: Float32Array.of(10, 20, 30) }, weightBytes);
    },
  },
  {
    name: "runs Microsoft's fused product",
    expected: [0.5 * (1 * 5 + 2 * 6), 0.5 * (1 * 7 + 2 * 8)],
    tolerance: single,
    run: (on) =>
      once(
        on,
        matmul(input("x", [1, 2]), constant(Float32Array.of(5, 6, 7, 8), [2, 2]), { transB: true, alpha: 0.5 }),
        {
          x: Float32Array.of(1, 2),
        },
      ),
  },
  {
    name: "runs no node on another provider in silence",
    expected: [0.5 * (1 * 5 + 2 * 6), 0.5 * (1 * 7 + 2 * 8)],
    tolerance: single,
    notOnWebGpu: true,
    run: (on) => {
      // Written for the CPU, whose fused product WebGPU has not.
      const y = constant(Float32Array.of(5, 6, 7, 8), [1, 2, 2]);
      const out = matmul(input("x", [1, 1, 2]), y, { transB: true, alpha: 0.5 });
      return once({ ...on, target: targets.cpu }, out, { x: Float32Array.of(1, 2) });
    },
  },
  {
    name: "runs SiLU",
    expected: [1 / (1 + Math.exp(-1)), -2 / (1 + Math.exp(2))],
    tolerance: single,
    run: (on) => once(on, silu(input("x", [2])), { x: Float32Array.of(1, -2) }),
  },
  {
    name: "runs Microsoft's attention of many heads",
    // Two heads of one value each; k equals v, and both tokens' keys are 0 and 1.
    expected: [0.5, Math.E / (1 + Math.E)],
    tolerance: single,
    run: (on) => {
      const k = input("k", [1, 2, 2]);
      return once(on, attention(input("q", [1, 1, 2]), k, k, 2), {
        q: Float32Array.of(0, 1),
        k: Float32Array.of(0, 0, 1, 1),
      });
    },
  },
  {
    name: "normalises layers",
    expected: [-1.2247356859083902, 0, 1.2247356859083902],
    tolerance: single,
    run: (on) =>
      once(
        on,
        layerNorm(
          input("x", [1, 3]),
          constant(Float32Array.of(1, 1, 1), [3]),
          constant(new Float32Array(3), [3]),
          1e-5,
        ),
        { x: Float32Array.of(1, 2, 3) },
      ),
  },
  {
    name: "runs a backward graph",
    expected: [4, 12],
    tolerance: single,
    run: (on) => {
      const x = parameter("x", [2]);
      const loss = reduceSum(mul(mul(x, x), constant(Float32Array.of(2, 3), [2])), [0]);
      return once(on, gradient(loss, [x])[0], { x: Float32Array.of(1, 2) });
    },
  },
  {
    name: "lets NaN through",
    expected: [Number.NaN, 22],
    tolerance: 0,
    run: (on) => once(on, add(...xy()), { ...feeds, x: Float32Array.of(Number.NaN, 2) }),
  },
  {
    name: "refuses a missing feed",
    expected: "INTERNAL",
    tolerance: 0,
    run: (on) => once(on, add(...xy()), { x: feeds.x }),
  },
  {
    name: "refuses a feed of another length",
    expected: "INTERNAL",
    tolerance: 0,
    run: (on) => once(on, add(...xy()), { ...feeds, y: Float32Array.of(1) }),
  },
  {
    name: "refuses a provider that is not there",
    expected: "RUNTIME",
    tolerance: 0,
    run: async (on) => {
      const model = toOnnx({ out: add(...xy()) });
      return (await feed(await (await on.open(none))(model, { provider: "abacus" }), feeds)).out;
    },
  },
  {
    name: "refuses bytes that are no graph",
    expected: "RUNTIME",
    tolerance: 0,
    run: async (on) => {
      const model = { ...toOnnx({ out: add(...xy()) }), bytes: Uint8Array.of(1, 2, 3) };
      return (await feed(await (await on.open(none))(model), feeds)).out;
    },
  },
];

export type Outcome = { readonly values: readonly number[] } | { readonly error: string };

/** Outcomes of the cases by name; plain data, so that they can be sent from a browser. */
export async function keepContract(runtime: ContractRuntime): Promise<Readonly<Record<string, Outcome>>> {
  const outcomes: Record<string, Outcome> = {};
  for (const { name, run } of contract) {
    try {
      outcomes[name] = { values: Array.from(await run(runtime), Number) };
    } catch (error) {
      outcomes[name] = { error: error instanceof MpaError ? error.code : String(error) };
    }
  }
  return outcomes;
}

/** Loss and gradients of every operator's samples in single precision, flat, by operator and sample. */
export async function sweepOperators(runtime: ContractRuntime): Promise<Readonly<Record<string, readonly number[]>>> {
  const open = await runtime.open(none);
  const results: Record<string, readonly number[]> = {};
  for (const { name, samples } of operators().filter(({ differentiable }) => differentiable)) {
    // Its only sample is a cast to double precision, which WebGPU lacks.
    if (name === "cast" && runtime.target.name === "webgpu") continue;
    for (const [i, sample] of samples.entries()) {
      const { leaves, values, loss } = operatorLoss(sample, name, "float32");
      const grads = Object.fromEntries(gradient(loss, leaves).map((grad, g) => [`g${g}`, grad]));
      const session = await open(written(runtime, { loss, ...grads }), { threads: 1 });
      const given = Object.fromEntries(values.map((value, x) => [`x${x}`, Float32Array.from(value)]));
      results[`${name} ${i}`] = Object.values(await feed(session, given)).flatMap((each) => Array.from(each, Number));
    }
  }
  return results;
}
