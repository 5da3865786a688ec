/**
 * A graph as an ONNX model. The wire format comes from @bufbuild/protobuf; the field numbers are those of onnx.proto
 * (ONNX IR version 10, operator set 20). Frozen weights are named as external data at their offsets in their own file.
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { MpaError } from "../errors.ts";
import type { Emission, OnnxAttributes } from "./emission.ts";
import { topologicalOrder } from "./gradient.ts";
import { onnxTypes } from "./onnxTypes.ts";
import { type Node, scalar, type Tensor, type TensorType, type Values } from "./tensor.ts";

const irVersion = 10;
const operatorSets = { "": 20, "com.microsoft": 1 } as const;

/** ONNX bytes and the interface that a session needs. */
export interface OnnxModel {
  readonly bytes: Uint8Array;
  readonly inputs: Readonly<Record<string, TensorType>>;
  readonly outputs: Readonly<Record<string, TensorType>>;
}

/** Writes the graph that computes `outputs`. Inputs and parameters keep their names. */
export function toOnnx(
  outputs: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): OnnxModel {
  const order = topologicalOrder(Object.values(outputs));
  const graph = new GraphWriter(order);
  for (const node of order) graph.add(node);
  const types: Record<string, TensorType> = {};
  for (const [name, tensor] of Object.entries(outputs)) {
    graph.output(name, tensor);
    types[name] = { dtype: tensor.dtype, shape: tensor.shape };
  }
  return { bytes: modelBytes(graph.finish(), metadata), inputs: graph.inputs, outputs: types };
}

class GraphWriter {
  readonly inputs: Record<string, TensorType> = {};
  readonly #graph = new BinaryWriter();
  readonly #names = new Map<Tensor, string>();
  readonly #constants = new Map<string, string>();
  readonly #used: ReadonlySet<Tensor>;
  #count = 0;

  constructor(order: readonly Node[]) {
    this.#used = new Set(order.flatMap((node) => node.inputs));
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
      const name =
        i === 0 || this.#used.has(output) || node.operator === "topK" ? (i === 0 ? prefix : `${prefix}_${i}`) : "";
      this.#names.set(output, name);
    });
    node.emit(this.#emission(node, prefix));
  }

  output(name: string, tensor: Tensor): void {
    node(this.#graph, "Identity", [this.#name(tensor)], [name]);
    message(this.#graph, 12, valueInfo(name, tensor));
  }

  finish(): BinaryWriter {
    return this.#graph.tag(2, 2).string("mpa-fer");
  }

  #addLeaf({ leaf, outputs: [tensor] }: Node): void {
    if (leaf === undefined) return;
    if (leaf.kind === "constant") {
      this.#names.set(tensor, this.#constant(leaf.values, tensor));
      return;
    }
    this.#names.set(tensor, leaf.name);
    if (leaf.kind === "weight") {
      message(this.#graph, 5, externalTensor(leaf.name, tensor, leaf.data));
    } else {
      this.inputs[leaf.name] = { dtype: tensor.dtype, shape: tensor.shape };
      message(this.#graph, 11, valueInfo(leaf.name, tensor));
    }
  }

  #emission(of: Node, prefix: string): Emission {
    let fresh = 0;
    return {
      inputs: of.inputs.map((tensor) => this.#name(tensor)),
      outputs: of.outputs.map((tensor) => this.#name(tensor)),
      inputTypes: of.inputs,
      outputTypes: of.outputs,
      node: (op, inputs, outputs, attributes, domain) => node(this.#graph, op, inputs, outputs, attributes, domain),
      ints: (values) => this.#constant(BigInt64Array.from(values, BigInt), { dtype: "int64", shape: [values.length] }),
      number: (value, dtype) => {
        const tensor = scalar(value, dtype);
        const { leaf } = tensor.node;
        if (leaf?.kind !== "constant") throw new MpaError("INTERNAL", "a scalar is a constant");
        return this.#constant(leaf.values, tensor);
      },
      fresh: () => `${prefix}_t${fresh++}`,
    };
  }

  /** Small equal constants share one initializer. */
  #constant(values: Values, type: TensorType): string {
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

function modelBytes(graph: BinaryWriter, metadata: Readonly<Record<string, string>>): Uint8Array {
  const model = new BinaryWriter();
  model.tag(1, 0).int64(irVersion);
  model.tag(2, 2).string("mpa-fer");
  message(model, 7, graph);
  for (const [domain, version] of Object.entries(operatorSets)) {
    message(model, 8, new BinaryWriter().tag(1, 2).string(domain).tag(2, 0).int64(version));
  }
  for (const [key, value] of Object.entries(metadata)) message(model, 14, entry(key, value));
  return model.finish();
}

function node(
  graph: BinaryWriter,
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: OnnxAttributes = {},
  domain = "",
): void {
  const writer = new BinaryWriter();
  for (const name of inputs) writer.tag(1, 2).string(name);
  for (const name of trimmed(outputs)) writer.tag(2, 2).string(name);
  writer.tag(4, 2).string(op);
  for (const [name, value] of Object.entries(attributes)) message(writer, 5, attribute(name, value));
  if (domain !== "") writer.tag(7, 2).string(domain);
  message(graph, 1, writer);
}

/** AttributeProto: f = 2, i = 3, s = 4, ints = 8, type = 20 (FLOAT 1, INT 2, STRING 3, INTS 7). */
function attribute(name: string, value: OnnxAttributes[string]): BinaryWriter {
  const writer = new BinaryWriter().tag(1, 2).string(name);
  if (typeof value === "number") return writer.tag(3, 0).int64(value).tag(20, 0).int32(2);
  if (typeof value === "boolean")
    return writer
      .tag(3, 0)
      .int64(value ? 1 : 0)
      .tag(20, 0)
      .int32(2);
  if (typeof value === "string") return writer.tag(4, 2).string(value).tag(20, 0).int32(3);
  if ("float" in value) return writer.tag(2, 5).float(value.float).tag(20, 0).int32(1);
  for (const each of value) writer.tag(8, 0).int64(each);
  return writer.tag(20, 0).int32(7);
}

/** ValueInfoProto with a TypeProto.Tensor of fixed dimensions. */
function valueInfo(name: string, { dtype, shape }: TensorType): BinaryWriter {
  const dimensions = new BinaryWriter();
  for (const d of shape) message(dimensions, 1, new BinaryWriter().tag(1, 0).int64(d));
  const tensor = new BinaryWriter().tag(1, 0).int32(onnxTypes[dtype]);
  message(tensor, 2, dimensions);
  const type = new BinaryWriter();
  message(type, 1, tensor);
  const info = new BinaryWriter().tag(1, 2).string(name);
  return message(info, 2, type);
}

function tensorHead(name: string, { dtype, shape }: TensorType): BinaryWriter {
  const writer = new BinaryWriter();
  for (const d of shape) writer.tag(1, 0).int64(d);
  return writer.tag(2, 0).int32(onnxTypes[dtype]).tag(8, 2).string(name);
}

function inlineTensor(name: string, type: TensorType, values: Values): BinaryWriter {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return tensorHead(name, type).tag(9, 2).bytes(raw);
}

/** TensorProto with external_data = 13 and data_location = 14 (EXTERNAL 1). */
function externalTensor(
  name: string,
  type: TensorType,
  data: { file: string; offset: number; length: number },
): BinaryWriter {
  const writer = tensorHead(name, type);
  message(writer, 13, entry("location", data.file));
  message(writer, 13, entry("offset", String(data.offset)));
  message(writer, 13, entry("length", String(data.length)));
  return writer.tag(14, 0).int32(1);
}

const entry = (key: string, value: string): BinaryWriter =>
  new BinaryWriter().tag(1, 2).string(key).tag(2, 2).string(value);

const message = (writer: BinaryWriter, field: number, body: BinaryWriter): BinaryWriter =>
  writer.tag(field, 2).bytes(body.finish());

function trimmed(outputs: readonly string[]): readonly string[] {
  let end = outputs.length;
  while (end > 1 && outputs[end - 1] === "") end--;
  return outputs.slice(0, end);
}
