/** Hand-written pickles, opcode by opcode (named as in Python's `pickletools`). */

const latin = (text: string) => [...text].map((letter) => letter.charCodeAt(0));
const word32 = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >>> 24) & 255];

export const op = {
  proto: (version = 2) => [0x80, version],
  global: (module: string, name: string) => latin(`c${module}\n${name}\n`),
  text: (value: string) => [0x58, ...word32(value.length), ...latin(value)],
  int: (value: number) => [0x4a, ...word32(value)],
  mark: [0x28],
  tuple: [0x74],
  emptyTuple: [0x29],
  emptyDict: [0x7d],
  emptyList: [0x5d],
  setItems: [0x75],
  append: [0x61],
  reduce: [0x52],
  build: [0x62],
  persistentId: [0x51],
  put: (key: number) => [0x71, key],
  get: (key: number) => [0x68, key],
  no: [0x89],
  stop: [0x2e],
} as const;

export const pickle = (...parts: readonly (readonly number[])[]): Uint8Array =>
  Uint8Array.from([...op.proto(), ...parts.flat(), ...op.stop]);

/** A tensor of this shape in storage `key`, as `torch.save` writes it. */
export function tensor(shape: readonly number[], strides: readonly number[], key = "0"): number[] {
  const sizes = (values: readonly number[]) => [...op.mark, ...values.flatMap(op.int), ...op.tuple];
  const storage = [
    ...op.mark,
    ...op.text("storage"),
    ...op.global("torch", "FloatStorage"),
    ...op.text(key),
    ...op.text("cpu"),
    ...op.int(6),
    ...op.tuple,
    ...op.persistentId,
  ];
  return [
    ...op.global("torch._utils", "_rebuild_tensor_v2"),
    ...[...op.mark, ...storage, ...op.int(0), ...sizes(shape), ...sizes(strides), ...op.no],
    ...[...op.global("collections", "OrderedDict"), ...op.emptyTuple, ...op.reduce, ...op.tuple, ...op.reduce],
  ];
}

/** A state dictionary with one tensor [2, 3]. */
export const statePickle = (): Uint8Array =>
  pickle(
    [...op.global("collections", "OrderedDict"), ...op.emptyTuple, ...op.reduce],
    [...op.mark, ...op.text("a.weight"), ...tensor([2, 3], [3, 1]), ...op.setItems],
  );
