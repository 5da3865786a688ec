/** Scalar loss over an operator's own sample, for gradient checks. */
import type { operators } from "../src/graph/operator.ts";
import { cast } from "../src/graph/ops/elementwise.ts";
import { add, mul, reduceSum } from "../src/graph/ops/index.ts";
import { constant, elements, isFloat, parameter, type Shape, type Tensor } from "../src/graph/tensor.ts";
import { Random } from "../src/platform/random.ts";

type Sample = ReturnType<typeof operators>[number]["samples"][number];

export interface OperatorLoss {
  /** real inputs of the operator, named x0, x1, … */
  readonly leaves: readonly Tensor[];
  /** value of each leaf */
  readonly values: readonly Float64Array[];
  /** fixed random projection of all differentiable outputs, so that each element of the Jacobian counts */
  readonly loss: Tensor;
}

/** Builds one sample of an operator, with inputs drawn from a fixed seed. */
export function operatorLoss(sample: Sample, name: string, dtype: "float32" | "float64" = "float64"): OperatorLoss {
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
  return { leaves, values, loss: project(outputs, random, dtype) };
}

function project(outputs: readonly Tensor[], random: Random, dtype: "float32" | "float64"): Tensor {
  const terms = outputs.map((output) => {
    const drawn = Float64Array.from({ length: elements(output.shape) }, () => random.uniform(-1, 1));
    // WebGPU has no double precision.
    const weights = dtype === "float64" ? drawn : Float32Array.from(drawn);
    const axes = output.shape.map((_, i) => i);
    return reduceSum(mul(cast(output, dtype), cast(constant(weights, output.shape), dtype)), axes);
  });
  return terms.reduce((sum, term) => add(sum, term));
}

/** Indices without repeats along the last axis, for operators that require it. */
function distinctRows(shape: Shape, bound: number, random: Random): number[] {
  const last = shape[shape.length - 1];
  const rows = elements(shape) / last;
  return Array.from({ length: rows }, () =>
    last <= bound
      ? random.permutation(bound).slice(0, last)
      : Array.from({ length: last }, () => random.integer(bound)),
  ).flat();
}
