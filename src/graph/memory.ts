/**
 * An estimate of the memory that a run of a graph takes, from the graph alone: every tensor lives from the node that makes it to
 * the last node that reads it. Frozen weights are counted apart, since all runs share them.
 */
import { frozenNodes, topologicalOrder } from "./gradient.ts";
import { elements, type Node, type Tensor, type TensorType } from "./tensor.ts";

/** Bytes of an element. */
export const bytesOf: Readonly<Record<TensorType["dtype"], number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int8: 1,
  bool: 1,
};

/** Estimated memory of a graph, bytes. */
export interface MemoryEstimate {
  /** the largest sum of live activations, gradients and inputs, in bytes */
  readonly activations: number;
  /** all frozen weights in bytes, in the type of the nodes that read them, with what a runtime stores beside them for its products */
  readonly weights: number;
}

/** Bytes that a run of the graph of `outputs` takes. */
export function estimateMemory(outputs: Readonly<Record<string, Tensor>>): MemoryEstimate {
  const order = topologicalOrder(Object.values(outputs));
  return { activations: peakActivations(order), weights: weightBytes(order) };
}

/** The peak of a run in this order; views cost nothing. */
function peakActivations(order: readonly Node[]): number {
  const last = lastUses(order);
  const frozen = frozenNodes(order);
  const expiring = new Map<number, number>();
  let live = 0;
  let peak = 0;
  order.forEach((node, position) => {
    // Computed when the session opens, and packed in the place of the weights.
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
  return peak;
}

function weightBytes(order: readonly Node[]): number {
  const packed = new Map<Tensor, number>();
  // Others are read by casts alone, so that a runtime widens them when a session opens.
  const asStored = new Set(order.flatMap(({ traits, inputs }) => (traits?.converts ? [] : inputs)));
  let bytes = 0;
  for (const { leaf, outputs, inputs, traits } of order) {
    const beside = traits?.packed?.(inputs);
    if (beside !== undefined) packed.set(beside.weight, beside.bytes);
    if (leaf?.kind !== "weight") continue;
    const [tensor] = outputs;
    bytes +=
      elements(tensor.shape) * bytesOf[asStored.has(tensor) || tensor.dtype === "int8" ? tensor.dtype : "float32"];
  }
  return [...packed.values()].reduce((sum, more) => sum + more, bytes);
}

/** Position of the last reader of each stored tensor. */
function lastUses(order: readonly Node[]): ReadonlyMap<Tensor, number> {
  const last = new Map<Tensor, number>();
  order.forEach((node, position) => {
    for (const source of node.inputs) last.set(storage(source), position);
  });
  return last;
}

/** The tensor whose memory this one shares; itself where it is no view. */
function storage(tensor: Tensor): Tensor {
  let at = tensor;
  while (at.node.traits?.isView) at = at.node.inputs[0];
  return at;
}
