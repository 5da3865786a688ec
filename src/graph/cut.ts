/** Two graphs for one whose last inputs come late: what can be computed before they are there, and the rest. */
import { topologicalOrder } from "./gradient.ts";
import { type DType, input, type Node, newNode, type Tensor } from "./tensor.ts";

export interface Cut {
  /** the outputs that wait for no late input, and what the rest takes from them: `carried.0`, `carried.1`, … */
  readonly before: Readonly<Record<string, Tensor>>;
  /** the other outputs; their graph has the carried tensors as inputs beside the late ones */
  readonly after: Readonly<Record<string, Tensor>>;
}

/** Cuts the graph of `outputs` where the inputs named `late` come in. Only what is made of frozen values alone stands on both sides. */
export function cut(outputs: Readonly<Record<string, Tensor>>, late: readonly string[]): Cut {
  const order = topologicalOrder(Object.values(outputs));
  const waiting = marked(
    order,
    ({ leaf }) => leaf?.kind === "input" && late.includes(leaf.name),
    (inputs) => inputs.some(Boolean),
  );
  const frozen = marked(
    order,
    ({ leaf }) => leaf?.kind === "constant" || leaf?.kind === "weight",
    (inputs) => inputs.length > 0 && inputs.every(Boolean),
  );
  const rest = new Map<Tensor, Tensor>();
  const carried: Record<string, Tensor> = {};
  const copy = ({ operator, outputs: made, inputs, attributes, emit }: Node): void => {
    const copies = newNode(operator, made, { inputs: inputs.map(inRest), attributes, emit });
    for (const [i, tensor] of made.entries()) rest.set(tensor, copies[i]);
  };
  const inRest = (tensor: Tensor): Tensor => {
    const { node, dtype, shape } = tensor;
    if (node.leaf !== undefined || frozen.has(node)) return tensor;
    if (!rest.has(tensor) && canBeFed(dtype)) {
      const name = `carried.${Object.keys(carried).length}`;
      carried[name] = tensor;
      rest.set(tensor, input(name, shape, dtype));
    }
    if (!rest.has(tensor)) copy(node);
    return rest.get(tensor) ?? tensor;
  };
  for (const node of order) if (waiting.has(node) && node.leaf === undefined) copy(node);
  const [early, later] = [false, true].map((isLater) =>
    Object.entries(outputs).filter(([, { node }]) => waiting.has(node) === isLater),
  );
  return {
    after: Object.fromEntries(later.map(([name, tensor]) => [name, inRest(tensor)])),
    before: { ...Object.fromEntries(early), ...carried },
  };
}

/** Nodes of `order` that are of a kind themselves, or made of such ones in a way that says so. */
function marked(
  order: readonly Node[],
  isSo: (node: Node) => boolean,
  follows: (inputs: readonly boolean[]) => boolean,
): ReadonlySet<Node> {
  const found = new Set<Node>();
  for (const node of order) {
    if (isSo(node) || follows(node.inputs.map((source) => found.has(source.node)))) found.add(node);
  }
  return found;
}

/** What a session takes (`Feeds`); other values are computed a second time. */
const canBeFed = (dtype: DType): boolean => dtype === "float32" || dtype === "float64" || dtype === "int64";
