/** Cutting a graph in two where some inputs come late: a graph of what can be computed before they arrive, and one of the rest. */

import { frozenNodes, reaching, topologicalOrder } from "./gradient.ts";
import { input, type Node, newNode, type Tensor } from "./tensor.ts";

/** A graph in two parts, of which the second takes what the first computed. */
export interface Cut {
  /** the outputs that need no late input, and the tensors that `after` reads from this graph: `carried.0`, `carried.1`, … */
  readonly before: Readonly<Record<string, Tensor>>;
  /** the other outputs, whose graph has the carried tensors as inputs beside the late ones */
  readonly after: Readonly<Record<string, Tensor>>;
}

/** Cuts the graph of `outputs` at the inputs named `late`. Only nodes of frozen values alone are in both graphs. */
export function cut(outputs: Readonly<Record<string, Tensor>>, late: readonly string[]): Cut {
  const order = topologicalOrder(Object.values(outputs));
  const isLate = ({ leaf }: Node) => leaf?.kind === "input" && late.includes(leaf.name);
  const waiting = reaching(order, new Set(order.filter(isLate)));
  const frozen = frozenNodes(order);
  const inRest = new Map<Tensor, Tensor>();
  const carried: Record<string, Tensor> = {};
  const take = (tensor: Tensor): Tensor => {
    if (tensor.node.leaf !== undefined || frozen.has(tensor.node)) return tensor;
    const known = inRest.get(tensor);
    if (known !== undefined) return known;
    const name = `carried.${Object.keys(carried).length}`;
    carried[name] = tensor;
    const arriving = input(name, tensor.shape, tensor.dtype);
    inRest.set(tensor, arriving);
    return arriving;
  };
  for (const node of order) {
    if (!waiting.has(node) || node.leaf !== undefined) continue;
    const { operator, attributes, inputs, traits, emit } = node;
    const copies = newNode(operator, node.outputs, { attributes, traits, emit, inputs: inputs.map(take) });
    for (const [i, tensor] of node.outputs.entries()) inRest.set(tensor, copies[i]);
  }
  const [early, later] = [false, true].map((waits) =>
    Object.entries(outputs).filter(([, { node }]) => waiting.has(node) === waits),
  );
  return {
    before: { ...Object.fromEntries(early), ...carried },
    after: Object.fromEntries(later.map(([name, tensor]) => [name, take(tensor)])),
  };
}
