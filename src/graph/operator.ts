/**
 * Operators. Each is one object: shape rule, gradient, ONNX emission, traits, and the samples from which one sweep checks its
 * gradient. Defining an operator registers it, so an unchecked operator cannot exist.
 */
import { MpaError } from "../platform/errors.ts";
import { Registry } from "../platform/registry.ts";
import type { TargetName } from "./target.ts";
import {
  type Attributes,
  type Emission,
  newNode,
  type OperatorTraits,
  type Pullback,
  type Shape,
  type Tensor,
  type TensorType,
} from "./tensor.ts";

/** An application of an operator that a gradient has reached. */
export interface Applied<A extends Attributes> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: A;
  /** gradient of the loss with respect to each output; `undefined` where the loss does not depend on it */
  readonly grads: readonly (Tensor | undefined)[];
}

/** Inputs on which the gradient sweep tries an operator. */
export interface OperatorSample<A extends Attributes> {
  readonly shapes: readonly Shape[];
  readonly attributes: A;
  /** values are drawn from [low, high); default [−1, 1) */
  readonly range?: readonly [number, number];
  /** inputs that are class or row indices below this number instead of reals: position → bound */
  readonly indices?: Readonly<Record<number, number>>;
  /** step and tolerance of the central difference, where the kernel is single precision inside */
  readonly single?: boolean;
}

/** The definition of an operator. */
export interface Operator<A extends Attributes> extends OperatorTraits {
  readonly name: string;
  /** Types of the outputs; throws through `reject` when the inputs do not fit. */
  types(inputs: readonly TensorType[], attributes: A): readonly TensorType[];
  /** One pullback an input, or "none" for operators that are constant almost everywhere. */
  readonly gradient: ((applied: Applied<A>) => readonly (Pullback | undefined)[]) | "none";
  /** Writes the ONNX nodes of one application, in ONNX's own operators where `emitFor` has the fused ones. */
  emit(emission: Emission, attributes: A): void;
  /** the same for targets with faster kernels, or without one that `emit` needs */
  readonly emitFor?: Readonly<Partial<Record<TargetName, (emission: Emission, attributes: A) => void>>>;
  /** outputs after the first are for its own gradient only: no gradient may arrive at them */
  readonly sideProducts?: true;
  /** it rounds to integers, so no finite difference can check its gradient; a test against the unrounded operator does */
  readonly rounds?: true;
  readonly samples: readonly OperatorSample<A>[];
}

/** An operator as the gradient sweep sees it, its attributes closed over. */
export interface RegisteredOperator {
  readonly name: string;
  readonly differentiable: boolean;
  readonly samples: readonly (Omit<OperatorSample<Attributes>, "attributes"> & {
    apply(inputs: readonly Tensor[]): readonly Tensor[];
  })[];
}

const registry = new Registry<RegisteredOperator>("operator", /^[a-z]\w*$/i, []);

/** Every operator that has been defined. */
export const operators = (): readonly RegisteredOperator[] => registry.all;

/** Registers an operator and returns the function that applies it. */
export function define<A extends Attributes>(
  operator: Operator<A>,
): (inputs: readonly Tensor[], attributes: A) => readonly Tensor[] {
  const apply = (inputs: readonly Tensor[], attributes: A): readonly Tensor[] => {
    const outputs: readonly Tensor[] = newNode(operator.name, operator.types(inputs, attributes), {
      inputs,
      attributes,
      traits: operator,
      emit: (emission) => {
        const special = operator.emitFor?.[emission.target.name];
        return special === undefined ? operator.emit(emission, attributes) : special(emission, attributes);
      },
      pull: (grads) => {
        if (operator.sideProducts && grads.slice(1).some((grad) => grad !== undefined)) {
          return reject(operator.name, "a gradient at its first output only", outputs);
        }
        return operator.gradient === "none"
          ? inputs.map(() => undefined)
          : operator.gradient({ inputs, outputs, attributes, grads });
      },
    });
    return outputs;
  };
  registry.add({
    name: operator.name,
    differentiable: operator.gradient !== "none" && operator.rounds !== true,
    samples: operator.samples.map(({ attributes, ...sample }) => ({
      ...sample,
      apply: (inputs) => apply(inputs, attributes).slice(0, operator.sideProducts ? 1 : undefined),
    })),
  });
  return apply;
}

/** Throws INTERNAL with the operator's name, what it expects and what it got. */
export function reject(operator: string, wanted: string, inputs: readonly TensorType[]): never {
  const came = inputs.map((t) => `${t.dtype}[${t.shape.join(",")}]`).join(" ");
  throw new MpaError("INTERNAL", `${operator}: expected ${wanted}, got ${came}`);
}

/** The gradient that arrived at an operator's only output. Throws INTERNAL where none did. */
export function only(grads: readonly (Tensor | undefined)[], operator: string): Tensor {
  const [grad] = grads;
  if (grad === undefined) throw new MpaError("INTERNAL", `${operator}: no gradient arrived at its output`);
  return grad;
}
