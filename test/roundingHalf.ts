/** Graphs in half precision whose values the CPU rounds as a graphics card does. */
import { topologicalOrder } from "../src/graph/gradient.ts";
import { newNode, type Tensor } from "../src/graph/tensor.ts";

/**
 * The same graph in which every value in half precision is rounded. ONNX Runtime's CPU has kernels of single precision only: it casts
 * before and after each node, and removes the casts between two nodes with the rounding. A reshape, which it does in half precision,
 * keeps them apart.
 */
export function roundingHalf(outputs: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const copies = new Map<Tensor, Tensor>();
  const rounded = new Map<Tensor, Tensor>();
  const take = (tensor: Tensor): Tensor => {
    const copy = copies.get(tensor) ?? tensor;
    if (tensor.dtype !== "float16" || tensor.node.leaf !== undefined) return copy;
    const own = rounded.get(tensor) ?? apart(copy);
    rounded.set(tensor, own);
    return own;
  };
  for (const { operator, attributes, traits, emit, leaf, inputs, outputs: made } of topologicalOrder(
    Object.values(outputs),
  )) {
    if (leaf !== undefined) continue;
    const copied = newNode(operator, made, { attributes, traits, emit, inputs: inputs.map(take) });
    for (const [i, tensor] of made.entries()) copies.set(tensor, copied[i]);
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, take(tensor)]));
}

function apart(tensor: Tensor): Tensor {
  const [out] = newNode("apart", [tensor], {
    inputs: [tensor],
    attributes: {},
    emit: ({ node, inputs, outputs, shape }) => node("Reshape", [inputs[0], shape(tensor.shape, false)], outputs),
  });
  return out;
}
