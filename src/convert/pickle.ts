/**
 * Python's pickle format, read as data. Nothing that a file names is imported or called: a class or function stays a name, and
 * what would be called stays an object that says so. Covers what PyTorch writes (protocols 2 to 4).
 */
import { MpaError } from "../errors.ts";

/** A class or function by name. */
export class PickleGlobal {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}

/** What a call or a constructor would have made. */
export class PickleObject {
  readonly callee: PickleValue;
  readonly args: readonly PickleValue[];
  readonly items: Map<PickleValue, PickleValue> = new Map();
  state: PickleValue | undefined;

  constructor(callee: PickleValue, args: readonly PickleValue[]) {
    this.callee = callee;
    this.args = args;
  }
}

/** Something that lies outside the pickle, such as a tensor's storage. */
export class PersistentId {
  readonly id: PickleValue;

  constructor(id: PickleValue) {
    this.id = id;
  }
}

/** Tuples, lists and sets are arrays; dictionaries are maps. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleGlobal
  | PickleObject
  | PersistentId;

/** Throws WEIGHTS for what is no pickle, or one that asks for more than data. */
export function readPickle(bytes: Uint8Array, where: string): PickleValue {
  return new Machine(bytes, where).run();
}

/** Marks where the items of a tuple, list or dictionary start. */
const mark = Symbol("mark");
type Slot = PickleValue | typeof mark;

class Machine {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #where: string;
  readonly #stack: Slot[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #at = 0;

  constructor(bytes: Uint8Array, where: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#where = where;
  }

  run(): PickleValue {
    for (;;) {
      const code = this.#take(1)[0];
      if (code === 0x2e) return this.#pop();
      const step = steps[code];
      if (step === undefined) throw this.#broken(`opcode 0x${code.toString(16)} at byte ${this.#at - 1}`);
      step(this.#operations);
    }
  }

  #operations: Operations = {
    push: (value) => this.#stack.push(value),
    pop: () => this.#pop(),
    top: () => {
      const value = this.#stack[this.#stack.length - 1];
      if (value === undefined || value === mark) throw this.#broken("an empty stack");
      return value;
    },
    mark: () => this.#stack.push(mark),
    popMark: () => {
      const at = this.#stack.lastIndexOf(mark);
      if (at < 0) throw this.#broken("a mark that is missing");
      return this.#stack.splice(at).filter((slot) => slot !== mark);
    },
    bytes: (count) => this.#take(count),
    unsigned: (width) => this.#unsigned(width),
    signed: () => this.#number(4, (at) => this.#view.getInt32(at, true)),
    real: () => this.#number(8, (at) => this.#view.getFloat64(at, false)),
    text: (count) => decodeUtf8(this.#take(count)),
    line: () => {
      const end = this.#bytes.indexOf(0x0a, this.#at);
      if (end < 0) throw this.#broken("a line without an end");
      const text = decodeUtf8(this.#take(end - this.#at));
      this.#take(1);
      return text;
    },
    remember: (key, value) => this.#memo.set(key ?? this.#memo.size, value),
    recall: (key) => {
      const value = this.#memo.get(key);
      if (value === undefined) throw this.#broken(`memo ${key} that is missing`);
      return value;
    },
    fail: (what) => this.#broken(what),
  };

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined || value === mark) throw this.#broken("an empty stack");
    return value;
  }

  #take(count: number): Uint8Array {
    if (this.#at + count > this.#bytes.length) throw this.#broken("an end that comes too soon");
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  #unsigned(width: 1 | 2 | 4 | 8): number {
    return this.#take(width).reduceRight((sum, byte) => sum * 256 + byte, 0);
  }

  #number(width: number, read: (at: number) => number): number {
    this.#take(width);
    return read(this.#at - width);
  }

  #broken(what: string): MpaError {
    return new MpaError("WEIGHTS", `the pickle has ${what}`, this.#where, "fetch or save the file again");
  }
}

interface Operations {
  push(value: PickleValue): void;
  pop(): PickleValue;
  top(): PickleValue;
  mark(): void;
  /** everything above the last mark, which goes as well */
  popMark(): PickleValue[];
  bytes(count: number): Uint8Array;
  unsigned(width: 1 | 2 | 4 | 8): number;
  signed(): number;
  real(): number;
  text(count: number): string;
  line(): string;
  /** without a key: the next number */
  remember(key: number | undefined, value: PickleValue): void;
  recall(key: number): PickleValue;
  fail(what: string): MpaError;
}

const decoder = new TextDecoder();
const decodeUtf8 = (bytes: Uint8Array): string => decoder.decode(bytes);

function call(callee: PickleValue, args: PickleValue): PickleValue {
  if (callee instanceof PickleGlobal && callee.path === "collections.OrderedDict") return new Map();
  return new PickleObject(callee, Array.isArray(args) ? args : [args]);
}

function setItems(o: Operations, pairs: readonly PickleValue[]): void {
  const target = o.top();
  const map = target instanceof PickleObject ? target.items : target;
  if (!(map instanceof Map)) throw o.fail("items for something that is no dictionary");
  for (let i = 0; i + 1 < pairs.length; i += 2) map.set(pairs[i], pairs[i + 1]);
}

function append(o: Operations, values: readonly PickleValue[]): void {
  const target = o.top();
  if (!Array.isArray(target)) throw o.fail("items for something that is no list");
  target.push(...values);
}

function popTuple(o: Operations, count: number): void {
  const values = Array.from({ length: count }, () => o.pop());
  o.push(values.reverse());
}

function littleEndian(bytes: Uint8Array): number {
  const magnitude = bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
  return bytes.length > 0 && bytes[bytes.length - 1] >= 0x80 ? magnitude - 256 ** bytes.length : magnitude;
}

/** What each opcode does (Python's `pickletools` describes them). */
const steps: Readonly<Record<number, (o: Operations) => void>> = {
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
  138: (o) => o.push(littleEndian(o.bytes(o.unsigned(1)))), // LONG1
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
  99: (o) => o.push(new PickleGlobal(`${o.line()}.${o.line()}`)), // GLOBAL
  147: (o) => {
    const name = o.pop();
    o.push(new PickleGlobal(`${String(o.pop())}.${String(name)}`));
  }, // STACK_GLOBAL
  82: (o) => {
    const args = o.pop();
    o.push(call(o.pop(), args));
  }, // REDUCE
  129: (o) => {
    const args = o.pop();
    o.push(call(o.pop(), args));
  }, // NEWOBJ
  98: (o) => {
    const state = o.pop();
    const target = o.top();
    if (target instanceof PickleObject) target.state = state;
  }, // BUILD
  81: (o) => o.push(new PersistentId(o.pop())), // BINPERSID
};
