/** The opcodes of Python's pickle format that PyTorch writes, protocols 2 to 4. */
import type { MpaError } from "../../platform/errors.ts";
import { escaped } from "../../platform/quote.ts";
import { isAllowedGlobal, PersistentId, PickleGlobal, PickleObject, type PickleValue } from "./pickleValue.ts";

/** Operations of an opcode on the stack, the memo and the input. */
export interface Operations {
  push(value: PickleValue): void;
  pop(): PickleValue;
  top(): PickleValue;
  mark(): void;
  /** Removes the last mark and returns the values above it. */
  popMark(): PickleValue[];
  /** Reads the next bytes of the input, as the following methods do. */
  bytes(count: number): Uint8Array;
  unsigned(width: 1 | 2 | 4 | 8): number;
  signed(): number;
  real(): number;
  text(count: number): string;
  line(): string;
  /** Stores a value in the memo; the default key is the next number. */
  remember(key: number | undefined, value: PickleValue): void;
  recall(key: number): PickleValue;
  fail(what: string): MpaError;
}

/** Implementations by opcode; see Python's `pickletools`. */
export const pickleOpcodes: Readonly<Record<number, (o: Operations) => void>> = {
  128: (o) => o.unsigned(1), // PROTO
  149: (o) => o.unsigned(8), // FRAME
  40: (o) => o.mark(), // MARK
  48: (o) => o.pop(), // POP
  78: (o) => o.push(null), // NONE
  136: (o) => o.push(true), // NEWTRUE
  137: (o) => o.push(false), // NEWFALSE
  74: (o) => o.push(o.signed()), // BININT
  75: (o) => o.push(o.unsigned(1)), // BININT1
  77: (o) => o.push(o.unsigned(2)), // BININT2
  138: (o) => o.push(long(o)), // LONG1
  71: (o) => o.push(o.real()), // BINFLOAT
  88: (o) => o.push(o.text(o.unsigned(4))), // BINUNICODE
  140: (o) => o.push(o.text(o.unsigned(1))), // SHORT_BINUNICODE
  84: (o) => o.push(o.text(o.unsigned(4))), // BINSTRING
  85: (o) => o.push(o.text(o.unsigned(1))), // SHORT_BINSTRING
  66: (o) => o.push(o.bytes(o.unsigned(4))), // BINBYTES
  67: (o) => o.push(o.bytes(o.unsigned(1))), // SHORT_BINBYTES
  41: (o) => o.push([]), // EMPTY_TUPLE
  93: (o) => o.push([]), // EMPTY_LIST
  143: (o) => o.push([]), // EMPTY_SET
  125: (o) => o.push(new Map()), // EMPTY_DICT
  116: (o) => o.push(o.popMark()), // TUPLE
  133: (o) => popTuple(o, 1), // TUPLE1
  134: (o) => popTuple(o, 2), // TUPLE2
  135: (o) => popTuple(o, 3), // TUPLE3
  97: (o) => append(o, [o.pop()]), // APPEND
  101: (o) => append(o, o.popMark()), // APPENDS
  144: (o) => append(o, o.popMark()), // ADDITEMS
  115: (o) => {
    const value = o.pop();
    setItems(o, [o.pop(), value]);
  }, // SETITEM
  117: (o) => setItems(o, o.popMark()), // SETITEMS
  113: (o) => o.remember(o.unsigned(1), o.top()), // BINPUT
  114: (o) => o.remember(o.unsigned(4), o.top()), // LONG_BINPUT
  148: (o) => o.remember(undefined, o.top()), // MEMOIZE
  104: (o) => o.push(o.recall(o.unsigned(1))), // BINGET
  106: (o) => o.push(o.recall(o.unsigned(4))), // LONG_BINGET
  99: (o) => pushGlobal(o, o.line(), o.line()), // GLOBAL
  147: (o) => {
    const name = o.pop();
    pushGlobal(o, o.pop(), name);
  }, // STACK_GLOBAL
  82: pushCall, // REDUCE
  129: pushCall, // NEWOBJ
  98: (o) => {
    const state = o.pop();
    const target = o.top();
    if (target instanceof PickleObject) target.state = state;
  }, // BUILD
  81: (o) => o.push(new PersistentId(o.pop())), // BINPERSID
};

function call(callee: PickleGlobal, args: PickleValue): PickleValue {
  if (callee.path === "collections.OrderedDict") return new Map();
  return new PickleObject(callee, Array.isArray(args) ? args : [args]);
}

function setItems(o: Operations, pairs: readonly PickleValue[]): void {
  const target = o.top();
  if (target instanceof PickleObject) target.items ??= new Map();
  const map = target instanceof PickleObject ? target.items : target;
  if (!(map instanceof Map)) throw o.fail("items for something that is no dictionary");
  for (let i = 0; i + 1 < pairs.length; i += 2) map.set(pairs[i], pairs[i + 1]);
}

function append(o: Operations, values: readonly PickleValue[]): void {
  const target = o.top();
  if (!Array.isArray(target)) throw o.fail("items for something that is no list");
  for (const value of values) target.push(value);
}

/** Pushes the name of a class or function. */
function pushGlobal(o: Operations, module: PickleValue, name: PickleValue): void {
  if (typeof module !== "string" || typeof name !== "string") throw o.fail("a global whose name is no text");
  if (isAllowedGlobal(module, name)) o.push(new PickleGlobal(`${module}.${name}`));
  else throw o.fail(`the global ${escaped(module, 60)}.${escaped(name, 60)}, which no weights need`);
}

/** Pushes the description of a call; the callee must be a name. */
function pushCall(o: Operations): void {
  const args = o.pop();
  const callee = o.pop();
  if (!(callee instanceof PickleGlobal)) throw o.fail("a call of something that is no name");
  o.push(call(callee, args));
}

function popTuple(o: Operations, count: number): void {
  const values = Array.from({ length: count }, () => o.pop());
  o.push(values.reverse());
}

/** Maximum bytes of an integer; sizes and offsets have up to eight. */
const maxWhole = 8;

function long(o: Operations): number {
  const width = o.unsigned(1);
  if (width > maxWhole) throw o.fail(`a number of ${width} bytes`);
  return littleEndian(o.bytes(width));
}

function littleEndian(bytes: Uint8Array): number {
  const magnitude = bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
  return bytes.length > 0 && bytes[bytes.length - 1] >= 0x80 ? magnitude - 256 ** bytes.length : magnitude;
}
