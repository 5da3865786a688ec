/**
 * Messages of onnx.proto (ONNX IR version 10, operator set 20), written by their field numbers in protobuf's wire format
 * (@bufbuild/protobuf).
 */

import { BinaryWriter } from "@bufbuild/protobuf/wire";
import type { DType, OnnxAttributes, TensorType, TypedValues } from "./tensor.ts";

/** ONNX's numbers of element types (TensorProto.DataType). */
export const onnxTypes: Readonly<Record<DType | "uint8", number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
};

const irVersion = 10;
const operatorSets = { "": 20, "com.microsoft": 1 } as const;

/** ModelProto of a finished GraphProto; `domains` are those of its nodes. */
export function modelBytes(
  graph: BinaryWriter,
  metadata: Readonly<Record<string, string>>,
  domains: ReadonlySet<string>,
): Uint8Array {
  const model = new BinaryWriter();
  model.tag(1, 0).int64(irVersion);
  model.tag(2, 2).string("mpa-fer");
  message(model, 7, graph);
  for (const [domain, version] of Object.entries(operatorSets)) {
    if (!domains.has(domain)) continue;
    message(model, 8, new BinaryWriter().tag(1, 2).string(domain).tag(2, 0).int64(version));
  }
  for (const [key, value] of Object.entries(metadata)) message(model, 14, entry(key, value));
  return model.finish();
}

/** Adds a NodeProto to a GraphProto. */
export function node(
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

/** ValueInfoProto with a TypeProto.Tensor; a size is a number, or the name of one that is free. */
export function valueInfo(name: string, dtype: DType, shape: readonly (number | string)[]): BinaryWriter {
  const dimensions = new BinaryWriter();
  for (const d of shape) {
    const size = new BinaryWriter();
    message(dimensions, 1, typeof d === "number" ? size.tag(1, 0).int64(d) : size.tag(2, 2).string(d));
  }
  const tensor = new BinaryWriter().tag(1, 0).int32(onnxTypes[dtype]);
  message(tensor, 2, dimensions);
  const type = new BinaryWriter();
  message(type, 1, tensor);
  const info = new BinaryWriter().tag(1, 2).string(name);
  return message(info, 2, type);
}

/** TensorProto whose values are in the model: raw_data = 9. */
export function inlineTensor(name: string, type: TensorType, values: TypedValues | Uint8Array): BinaryWriter {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return tensorHead(name, type).tag(9, 2).bytes(raw);
}

/** TensorProto whose values are bytes of another file: external_data = 13, data_location = 14 (EXTERNAL 1). */
export function externalTensor(
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

/** Adds a message as a field of another. */
export const message = (writer: BinaryWriter, field: number, body: BinaryWriter): BinaryWriter =>
  writer.tag(field, 2).bytes(body.finish());

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

/** TensorProto without values: dims = 1, data_type = 2, name = 8. */
function tensorHead(name: string, { dtype, shape }: TensorType): BinaryWriter {
  const writer = new BinaryWriter();
  for (const d of shape) writer.tag(1, 0).int64(d);
  return writer.tag(2, 0).int32(onnxTypes[dtype]).tag(8, 2).string(name);
}

/** StringStringEntryProto. */
const entry = (key: string, value: string): BinaryWriter =>
  new BinaryWriter().tag(1, 2).string(key).tag(2, 2).string(value);

/** Names without the empty ones at the end: optional outputs that the node does not have. */
function trimmed(outputs: readonly string[]): readonly string[] {
  let end = outputs.length;
  while (end > 1 && outputs[end - 1] === "") end--;
  return outputs.slice(0, end);
}
