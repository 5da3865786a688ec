/** The work of one run of a graph, counted from the graph alone: multiplications of its matrix products, and bytes moved. */
import { frozenNodes, topologicalOrder } from "./gradient.ts";
import { bytesOf } from "./memory.ts";
import { elements, type Node, type Tensor } from "./tensor.ts";

/** Work of one run of a graph. */
export interface Work {
  /** multiply–add pairs of all matrix products; two floating-point operations each */
  readonly multiplyAdds: number;
  /** bytes that all nodes together read and write, with every tensor in memory between them and every weight read at each use */
  readonly bytes: number;
}

/**
 * Counts the work of the graph of `outputs`. What depends on frozen weights alone is computed when a session opens, and views move
 * nothing. A runtime that fuses nodes, or whose caches hold tensors, moves less; one that writes an operator in steps moves more.
 */
export function countWork(outputs: Readonly<Record<string, Tensor>>): Work {
  const order = topologicalOrder(Object.values(outputs));
  const frozen = frozenNodes(order);
  const read = new Set([...Object.values(outputs), ...order.flatMap((node) => node.inputs)]);
  let [multiplyAdds, bytes] = [0, 0];
  for (const node of order) {
    if (node.leaf !== undefined || frozen.has(node)) continue;
    multiplyAdds += node.traits?.multiplyAdds?.(node.inputs, node.outputs) ?? 0;
    bytes += movedBytes(node, read);
  }
  return { multiplyAdds, bytes };
}

/** Bytes of a node's inputs, and of those outputs that something reads. */
function movedBytes({ inputs, outputs, traits }: Node, read: ReadonlySet<Tensor>): number {
  if (traits?.isView) return 0;
  const moved = [...inputs, ...outputs.filter((output) => read.has(output))];
  return moved.reduce((sum, { shape, dtype }) => sum + elements(shape) * bytesOf[dtype], 0);
}
