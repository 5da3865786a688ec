/** Graphs as text, one line a node: `%7 [8,32] = linear(%5, text.w) {…}`, for tests of what is built. */

import { topologicalOrder } from "./gradient.ts";
import type { AttributeValue, Node, Tensor } from "./tensor.ts";

/** The nodes that `outputs` need, in topological order, then the outputs by name. */
export function printGraph(outputs: Readonly<Record<string, Tensor>>): string {
  const names = new Map<Tensor, string>();
  const lines: string[] = [];
  let count = 0;
  for (const node of topologicalOrder(Object.values(outputs))) {
    const of = `%${count}`;
    if (node.leaf === undefined || node.leaf.kind === "constant") count++;
    node.outputs.forEach((tensor, i) => {
      names.set(tensor, leafName(node) ?? (i === 0 ? of : `${of}.${i}`));
    });
    lines.push(line(node, names));
  }
  for (const [name, tensor] of Object.entries(outputs)) lines.push(`${name} = ${names.get(tensor)}`);
  return lines.join("\n");
}

function line(node: Node, names: ReadonlyMap<Tensor, string>): string {
  const [first] = node.outputs;
  const type = `${first.dtype === "float32" ? "" : first.dtype}[${first.shape.join(",")}]`;
  const inputs = node.inputs.map((tensor) => names.get(tensor)).join(", ");
  const attributes = Object.entries(node.attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${show(value)}`],
  );
  const tail = attributes.length === 0 ? "" : ` {${attributes.join(" ")}}`;
  return `${names.get(first)} ${type} = ${node.operator}(${inputs})${tail}${constantText(node)}`;
}

const leafName = ({ leaf }: Node): string | undefined =>
  leaf === undefined || leaf.kind === "constant" ? undefined : leaf.name;

function constantText({ leaf }: Node): string {
  if (leaf?.kind !== "constant") return "";
  return leaf.values.length <= 8 ? ` ${Array.from(leaf.values, String).join(" ")}` : ` ${leaf.values.length} values`;
}

const show = (value: Exclude<AttributeValue, undefined>): string =>
  typeof value === "object" ? `[${value.join(",")}]` : String(value);
