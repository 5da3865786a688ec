/** What of a graph is the same in every run: a runtime makes it when a session opens. */
import type { Node } from "./tensor.ts";

/** The nodes of `order` that are constants, weights, or made of those alone. */
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
