/**
 * How much memory a run of a graph needs, from the graph alone: every tensor lives from the node that makes it to the
 * last node that reads it. Frozen weights are counted apart, since they are shared by all batches.
 */
import { frozenNodes, topologicalOrder } from "./gradient.ts";
import { weightInput } from "./ops/strassen.ts";
import { elements, type Node, type Tensor, type TensorType } from "./tensor.ts";

const bytesOf: Readonly<Record<TensorType["dtype"], number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int8: 1,
  bool: 1,
};

export interface MemoryEstimate {
  /** the largest sum of live activations, gradients and inputs, in bytes */
  readonly activations: number;
  /** all frozen weights in bytes, floats as single precision */
  readonly weights: number;
}

/** Peak bytes of one run in topological order; views (reshape) cost nothing. */
export function estimateMemory(outputs: Readonly<Record<string, Tensor>>): MemoryEstimate {
  const order = topologicalOrder(Object.values(outputs));
  const last = lastUses(order);
  const expiring = new Map<number, number>();
  let live = 0;
  let peak = 0;
  let weights = 0;
  const frozen = frozenNodes(order);
  const summed = new Set<Tensor>();
  order.forEach((node, position) => {
    if (node.operator === "strassen") summed.add(node.inputs[weightInput]);
    if (node.leaf?.kind === "weight") {
      const { dtype, shape } = node.outputs[0];
      // Half precision is widened when a session opens.
      weights += elements(shape) * (dtype === "int8" ? bytesOf.int8 : bytesOf.float32);
      return;
    }
    // What is made of weights and constants alone is made when the session opens, and packed in their place.
    if (frozen.has(node)) return;
    for (const tensor of node.outputs) {
      const end = last.get(storage(tensor));
      if (end === undefined || storage(tensor) !== tensor) continue;
      const bytes = elements(tensor.shape) * bytesOf[tensor.dtype];
      live += bytes;
      expiring.set(end, (expiring.get(end) ?? 0) + bytes);
    }
    peak = Math.max(peak, live);
    live -= expiring.get(position) ?? 0;
  });
  // Seven quarters of such a weight are packed instead of four.
  for (const { shape } of summed) weights += (3 / 4) * elements(shape) * bytesOf.float32;
  return { activations: peak, weights };
}

/** Position of the last reader of each stored tensor. */
function lastUses(order: readonly Node[]): ReadonlyMap<Tensor, number> {
  const last = new Map<Tensor, number>();
  order.forEach((node, position) => {
    for (const source of node.inputs) last.set(storage(source), position);
  });
  return last;
}

/** The tensor whose memory this one shares: a reshape is a view of its input. */
function storage(tensor: Tensor): Tensor {
  let at = tensor;
  while (at.node.operator === "reshape") at = at.node.inputs[0];
  return at;
}
