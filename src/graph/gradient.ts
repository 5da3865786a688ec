/**
 * Reverse-mode differentiation, graph to graph, and the walks over a graph that it shares with others. Only the paths that
 * reach a wanted leaf are differentiated, so nothing is built for frozen weights; operators undo broadcasting by `unbroadcast`.
 */
import { MpaError } from "../platform/errors.ts";
import { add } from "./ops/elementwise.ts";
import { elements, type Node, scalar, type Tensor } from "./tensor.ts";

/**
 * ∂loss/∂leaf for each leaf, as tensors of the leaf's shape; with `seed`, a scalar, that many times as large.
 * Throws INTERNAL if the loss is not a scalar, does not depend on a leaf, or meets an operator without a gradient.
 */
export function gradient(
  loss: Tensor,
  leaves: readonly Tensor[],
  seed: Tensor = scalar(1, loss.dtype),
): readonly Tensor[] {
  if (elements(loss.shape) !== 1) {
    throw new MpaError("INTERNAL", `gradient: the loss must be a scalar, got [${loss.shape.join(",")}]`);
  }
  const order = topologicalOrder([loss]);
  const wanted = reaching(order, new Set(leaves.map((leaf) => leaf.node)));
  const grads = new Map<Tensor, Tensor>([[loss, seed]]);
  for (const node of order.toReversed()) {
    if (!wanted.has(node) || node.inputs.length === 0) continue;
    const arriving = node.outputs.map((output) => grads.get(output));
    if (arriving.every((grad) => grad === undefined)) continue;
    const pullbacks = node.pull?.(arriving) ?? [];
    node.inputs.forEach((source, i) => {
      if (!wanted.has(source.node)) return;
      const pullback = pullbacks[i];
      if (pullback === undefined) {
        throw new MpaError("INTERNAL", `gradient: ${node.operator} has no gradient for input ${i}`);
      }
      const sofar = grads.get(source);
      const grad = pullback();
      grads.set(source, sofar === undefined ? grad : add(sofar, grad));
    });
  }
  return leaves.map((leaf) => {
    const grad = grads.get(leaf);
    if (grad === undefined) throw new MpaError("INTERNAL", "gradient: the loss does not depend on a wanted leaf");
    return grad;
  });
}

/** The nodes that the outputs need, every node after its inputs. */
export function topologicalOrder(outputs: readonly Tensor[]): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  // An explicit stack: a deep encoder's backward pass would overflow the call stack.
  const stack = outputs.map((output) => ({ node: output.node, next: 0 })).reverse();
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    if (top.next === 0 && seen.has(top.node)) {
      stack.pop();
      continue;
    }
    seen.add(top.node);
    if (top.next < top.node.inputs.length) {
      const source = top.node.inputs[top.next++].node;
      if (!seen.has(source)) stack.push({ node: source, next: 0 });
    } else {
      order.push(top.node);
      stack.pop();
    }
  }
  return order;
}

/** The nodes of `order` from which one of the leaves can be reached through inputs. */
export function reaching(order: readonly Node[], leaves: ReadonlySet<Node>): ReadonlySet<Node> {
  const wanted = new Set<Node>();
  for (const node of order) {
    if (leaves.has(node) || node.inputs.some((source) => wanted.has(source.node))) wanted.add(node);
  }
  return wanted;
}

/** The nodes of `order` that are constants, weights, or made of those alone: a runtime computes them when a session opens. */
export function frozenNodes(order: readonly Node[]): ReadonlySet<Node> {
  const frozen = new Set<Node>();
  for (const node of order) {
    const { leaf, inputs } = node;
    const isFrozen =
      leaf === undefined
        ? inputs.every((source) => frozen.has(source.node))
        : leaf.kind === "constant" || leaf.kind === "weight";
    if (isFrozen) frozen.add(node);
  }
  return frozen;
}
