/**
 * Graphs whose batch is free. They are built for a batch that divides no size of the model, such as a large prime; a size that this
 * number divides is written as that multiple of a run's batch.
 */

import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import { MpaError } from "../platform/errors.ts";
import { node } from "./onnxMessages.ts";
import type { Node, Shape, TypedValues } from "./tensor.ts";

/** A batch that divides no width, length or head count of a model. */
export const symbolicBatch = 1009;

/** Sizes, shapes and indices of a graph that depend on the batch of a run. */
export class FreeBatch {
  readonly #number: number | undefined;
  readonly #graph: BinaryWriter;
  readonly #ints: (values: readonly number[]) => string;
  readonly #made = new Map<string, string>();
  /** the input whose first size is the batch of a run */
  readonly #source: string | undefined;

  /** `ints` writes a constant list and returns its name; without a number nothing is free. */
  constructor(
    number: number | undefined,
    order: readonly Node[],
    graph: BinaryWriter,
    ints: (values: readonly number[]) => string,
  ) {
    this.#number = number;
    this.#graph = graph;
    this.#ints = ints;
    const inputs = order.flatMap(({ leaf, outputs: [tensor] }) => (leaf?.kind === "input" ? [{ leaf, tensor }] : []));
    this.#source = inputs.find(({ tensor }) => this.holds(tensor.shape[0]))?.leaf.name;
  }

  /** Whether a size is a multiple of the batch. */
  holds(size: number | undefined): boolean {
    return this.#number !== undefined && size !== undefined && size > 0 && size % this.#number === 0;
  }

  /** A shape whose free size has a name. */
  named(shape: Shape): (number | string)[] {
    return shape.map((d) => (d === this.#number ? "batch" : d));
  }

  /** The name of the int64 list with this shape in a run. */
  shape(shape: Shape, canInfer: boolean): string {
    const free = shape.filter((d) => this.holds(d));
    if (free.length === 0) return this.#ints(shape);
    if (canInfer && free.length === 1) return this.#ints(shape.map((d) => (this.holds(d) ? -1 : d)));
    return this.#once(`shape[${shape.join(",")}]`, (name) => {
      const parts = shape.map((d) => (this.holds(d) ? this.#times(d) : this.#ints([d])));
      node(this.#graph, "Concat", parts, [name], { axis: 0 });
    });
  }

  /** The name of indices 0, s, 2s, … of one row an image, for the batch of a run; undefined for other constants. */
  rows(values: TypedValues, shape: Shape): string | undefined {
    if (!(values instanceof BigInt64Array) || shape.length !== 1 || !this.holds(values.length)) return undefined;
    const step = values[1] - values[0];
    const isEven = values[0] === 0n && values.every((value, i) => value === BigInt(i) * step);
    if (!isEven) throw new MpaError("INTERNAL", "rows of a free batch are not evenly apart");
    return this.#once(`rows[${values.length},${step}]`, (name) => {
      const [start, end, stride] = ["start", "end", "step"].map((part) => `${name}_${part}`);
      const scalar = (from: string, to: string) => node(this.#graph, "Squeeze", [from], [to]);
      scalar(this.#ints([0]), start);
      scalar(this.#times(values.length * Number(step)), end);
      scalar(this.#ints([Number(step)]), stride);
      node(this.#graph, "Range", [start, end, stride], [name]);
    });
  }

  /** The name of the list of one element, size · batch / number. */
  #times(size: number): string {
    return this.#once(`times[${size}]`, (name) => {
      const factor = size / (this.#number ?? 1);
      node(this.#graph, "Mul", [this.#batch(), this.#ints([factor])], [name]);
    });
  }

  #batch(): string {
    const source = this.#source;
    if (source === undefined) throw new MpaError("INTERNAL", "no input says how large a free batch is");
    return this.#once("batch", (name) => node(this.#graph, "Shape", [source], [name], { start: 0, end: 1 }));
  }

  #once(key: string, write: (name: string) => void): string {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const name = `batch_${this.#made.size}`;
    this.#made.set(key, name);
    write(name);
    return name;
  }
}
