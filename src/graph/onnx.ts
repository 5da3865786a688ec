/** Graphs as ONNX models. Frozen weights stay in their own file, which the model names as external data. */

import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { MpaError } from "../platform/errors.ts";
import { FreeBatch } from "./freeBatch.ts";
import { topologicalOrder } from "./gradient.ts";
import { externalTensor, inlineTensor, message, modelBytes, node, valueInfo } from "./onnxMessages.ts";
import { type Target, targets } from "./target.ts";
import {
  type Emission,
  type Leaf,
  type Node,
  scalar,
  type Tensor,
  type TensorType,
  type TypedValues,
} from "./tensor.ts";

/** A graph's ONNX bytes and the interface that a session needs. */
export interface OnnxModel {
  readonly bytes: Uint8Array;
  readonly inputs: Readonly<Record<string, TensorType>>;
  readonly outputs: Readonly<Record<string, TensorType>>;
  /** names of the files that hold its frozen weights */
  readonly weightFiles: readonly string[];
  /** it has products of bytes, whose sums saturate on some processors unless the runtime is configured to avoid it */
  readonly multipliesBytes: boolean;
}

/** How a graph is written as ONNX. */
export interface WritingOptions {
  /** the batch that the graph was built for (`freeBatch.ts`): every size that it divides becomes free */
  readonly freeBatch?: number;
  /** the weights' bytes by name, to write into the model, which then needs no other file */
  readonly weights?: ReadonlyMap<string, Uint8Array>;
  /** the kernels for which to write where operators have a choice; default the CPU's */
  readonly target?: Target;
}

/** Writes the graph that computes `outputs`. Inputs and parameters keep their names. */
export function toOnnx(
  outputs: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
  options: WritingOptions = {},
): OnnxModel {
  const order = topologicalOrder(Object.values(outputs));
  const graph = new GraphWriter(order, Object.values(outputs), options);
  for (const node of order) graph.add(node);
  const types: Record<string, TensorType> = {};
  for (const [name, tensor] of Object.entries(outputs)) {
    graph.output(name, tensor);
    types[name] = graph.interfaceOf(tensor);
  }
  return {
    bytes: modelBytes(graph.finish(), metadata, graph.domains),
    inputs: graph.inputs,
    outputs: types,
    weightFiles: [...graph.weightFiles],
    multipliesBytes: order.some(({ traits }) => traits?.multipliesBytes),
  };
}

class GraphWriter {
  readonly inputs: Record<string, TensorType> = {};
  readonly weightFiles = new Set<string>();
  readonly domains = new Set([""]);
  readonly #graph = new BinaryWriter();
  readonly #names = new Map<Tensor, string>();
  /** number of leaves of each weight */
  readonly #weights = new Map<string, number>();
  readonly #constants = new Map<string, string>();
  readonly #shared = new Map<string, readonly string[]>();
  readonly #used: ReadonlySet<Tensor>;
  readonly #options: WritingOptions;
  /** weights to write into the model; of these only the ones that a node reads are written */
  readonly #inline = new Map<string, () => void>();
  readonly #read = new Set<string>();
  readonly #batch: FreeBatch;
  #count = 0;

  constructor(order: readonly Node[], outputs: readonly Tensor[], options: WritingOptions) {
    this.#used = new Set([...order.flatMap((node) => node.inputs), ...outputs]);
    this.#options = options;
    this.#batch = new FreeBatch(options.freeBatch, order, this.#graph, (values) => this.#ints(values));
  }

  interfaceOf({ dtype, shape }: Tensor): TensorType {
    return { dtype, shape: shape.map((d) => (this.#batch.holds(d) ? -1 : d)) };
  }

  add(node: Node): void {
    if (node.leaf !== undefined) {
      this.#addLeaf(node);
      return;
    }
    if (node.emit === undefined) throw new MpaError("INTERNAL", `${node.operator}: cannot be written as ONNX`);
    const prefix = `${node.operator}_${this.#count++}`;
    node.outputs.forEach((output, i) => {
      // Optional outputs that nobody reads stay unnamed, so that the runtime does not compute them.
      const isNamed = i === 0 || this.#used.has(output) || node.traits?.keepsAllOutputs;
      const name = i === 0 ? prefix : `${prefix}_${i}`;
      this.#names.set(output, isNamed ? name : "");
    });
    node.emit(this.#emission(node, prefix));
  }

  output(name: string, tensor: Tensor): void {
    node(this.#graph, "Identity", [this.#name(tensor)], [name]);
    message(this.#graph, 12, valueInfo(name, tensor.dtype, this.#batch.named(tensor.shape)));
  }

  finish(): BinaryWriter {
    for (const [name, write] of this.#inline) if (this.#read.has(name)) write();
    return this.#graph.tag(2, 2).string("mpa-fer");
  }

  #addLeaf({ leaf, outputs: [tensor] }: Node): void {
    if (leaf === undefined) return;
    if (leaf.kind === "constant") {
      this.#names.set(tensor, this.#batch.rows(leaf.values, tensor.shape) ?? this.#constant(leaf.values, tensor));
      return;
    }
    if (leaf.kind === "weight") {
      this.#addWeight(tensor, leaf);
      return;
    }
    this.#names.set(tensor, leaf.name);
    this.inputs[leaf.name] = this.interfaceOf(tensor);
    message(this.#graph, 11, valueInfo(leaf.name, tensor.dtype, this.#batch.named(tensor.shape)));
  }

  /** Two leaves of one weight are two initializers over the same bytes, since a runtime may store each in its own layout. */
  #addWeight(tensor: Tensor, leaf: Leaf & { kind: "weight" }): void {
    const before = this.#weights.get(leaf.name) ?? 0;
    this.#weights.set(leaf.name, before + 1);
    const name = before === 0 ? leaf.name : `${leaf.name} (${before + 1})`;
    this.#names.set(tensor, name);
    const own = this.#options.weights?.get(leaf.name);
    if (own !== undefined) {
      this.#inline.set(name, () => message(this.#graph, 5, inlineTensor(name, tensor, own)));
    } else {
      this.weightFiles.add(leaf.data.file);
      message(this.#graph, 5, externalTensor(name, tensor, leaf.data));
    }
  }

  #emission(of: Node, prefix: string): Emission {
    let fresh = 0;
    return {
      inputs: of.inputs.map((tensor) => this.#name(tensor)),
      outputs: of.outputs.map((tensor) => this.#name(tensor)),
      inputTypes: of.inputs,
      outputTypes: of.outputs,
      node: (op, inputs, outputs, attributes, domain = "") => {
        this.domains.add(domain);
        for (const name of inputs) this.#read.add(name);
        node(this.#graph, op, inputs, outputs, attributes, domain);
      },
      target: this.#options.target ?? targets.cpu,
      ints: (values) => this.#ints(values),
      shape: (shape, canInfer) => this.#batch.shape(shape, canInfer),
      number: (value, dtype) => {
        const tensor = scalar(value, dtype);
        const { leaf } = tensor.node;
        if (leaf?.kind !== "constant") throw new MpaError("INTERNAL", "a scalar is a constant");
        return this.#constant(leaf.values, tensor);
      },
      fresh: () => `${prefix}_t${fresh++}`,
      once: (key, write) => {
        const names = this.#shared.get(key) ?? write();
        this.#shared.set(key, names);
        return names;
      },
    };
  }

  #ints(values: readonly number[]): string {
    return this.#constant(BigInt64Array.from(values, BigInt), { dtype: "int64", shape: [values.length] });
  }

  /** Small equal constants share one initializer. */
  #constant(values: TypedValues, type: TensorType): string {
    const key = values.length <= 64 ? `${type.dtype}[${type.shape.join(",")}]${values.join(",")}` : undefined;
    const known = key === undefined ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const name = `constant_${this.#count++}`;
    if (key !== undefined) this.#constants.set(key, name);
    message(this.#graph, 5, inlineTensor(name, type, values));
    return name;
  }

  #name(tensor: Tensor): string {
    const name = this.#names.get(tensor);
    if (name === undefined) throw new MpaError("INTERNAL", `${tensor.node.operator}: used before it was written`);
    return name;
  }
}
