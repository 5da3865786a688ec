/**
 * Python's pickle format, read as data. Nothing is imported or called: classes and functions are represented by their names, and
 * calls by objects that describe them. Supports what PyTorch writes (protocols 2 to 4); other opcodes and names outside a short
 * list are rejected.
 */
import { MpaError } from "../../platform/errors.ts";
import { type Operations, pickleOpcodes } from "./pickleOpcodes.ts";
import type { PickleValue } from "./pickleValue.ts";

/** Maximum bytes of a pickle. A tensor takes about 200 bytes, 40 opcodes and eight objects. */
export const maxPickle = 16 * 2 ** 20;
const maxOpcodes = 1_000_000;
/** Maximum number of tuples, lists, dictionaries, names and objects; a dictionary takes 200 bytes of memory. */
const maxObjects = 400_000;
/** Maximum bytes of a string. */
const maxText = 64 * 1024;

/** Parses a pickle. Throws WEIGHTS if it is malformed, has unsupported opcodes or names, or exceeds the limits. */
export function readPickle(bytes: Uint8Array, where: string): PickleValue {
  return new Machine(bytes, where).run();
}

/** Stack entry that marks the start of the items of a tuple, list or dictionary. */
const mark = Symbol("mark");
type Slot = PickleValue | typeof mark;

/** Interpreter of pickle opcodes. */
class Machine {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #where: string;
  readonly #stack: Slot[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #at = 0;
  #objects = 0;

  constructor(bytes: Uint8Array, where: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#where = where;
  }

  run(): PickleValue {
    if (this.#bytes.length > maxPickle) throw this.#broken(`more than ${maxPickle / 2 ** 20} MiB`);
    for (let opcodes = 0; opcodes < maxOpcodes; opcodes++) {
      const code = this.#take(1)[0];
      if (code === 0x2e) return this.#pop();
      const step = pickleOpcodes[code];
      if (step === undefined) throw this.#broken(`opcode 0x${code.toString(16)} at byte ${this.#at - 1}`);
      step(this.#operations);
    }
    throw this.#broken(`more than ${maxOpcodes} opcodes`);
  }

  #operations: Operations = {
    push: (value) => {
      // A recalled object counts again.
      if (typeof value === "object" && value !== null && ++this.#objects > maxObjects) {
        throw this.#broken(`more than ${maxObjects} objects`);
      }
      this.#stack.push(value);
    },
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
    text: (count) => this.#text(count),
    line: () => {
      const end = this.#bytes.indexOf(0x0a, this.#at);
      if (end < 0) throw this.#broken("a line without an end");
      const text = this.#text(end - this.#at);
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

  #text(count: number): string {
    if (count > maxText) throw this.#broken(`a text of ${count} bytes`);
    return decodeUtf8(this.#take(count));
  }

  #unsigned(width: 1 | 2 | 4 | 8): number {
    return this.#take(width).reduceRight((sum, byte) => sum * 256 + byte, 0);
  }

  #number(width: number, read: (at: number) => number): number {
    this.#take(width);
    return read(this.#at - width);
  }

  #broken(what: string): MpaError {
    return new MpaError("WEIGHTS", `the pickle has ${what}`, {
      where: this.#where,
      fix: "fetch or save the file again",
    });
  }
}

const decoder = new TextDecoder();
const decodeUtf8 = (bytes: Uint8Array): string => decoder.decode(bytes);
