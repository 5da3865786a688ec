/** What Strassen's scheme takes of a weight w [2n, 2k]. */
import type { Emission } from "../emission.ts";

/** Position of w among the inputs of the product: behind the four blocks of what is multiplied. */
export const weightInput = 4;

/**
 * w₁₁, w₁₂, w₂₂, and w₂₁ − w₁₁, w₂₂ − w₂₁ + w₁₁, w₂₂ − w₂₁, w₁₂ − w₂₂ + w₂₁ − w₁₁, each [n, k]: written once for all products with
 * the weight, there and back, so that a runtime that folds constants holds seven quarters of it.
 */
export function weightSums({ inputs, inputTypes, node, ints, fresh, once }: Emission): readonly string[] {
  return once(`strassen ${inputs[weightInput]}`, () => {
    const [rows, columns] = inputTypes[weightInput].shape.map((length) => length / 2);
    const block = (row: number, column: number) => {
      const to = fresh();
      const [from, end] = [ints([row * rows, column * columns]), ints([(row + 1) * rows, (column + 1) * columns])];
      node("Slice", [inputs[weightInput], from, end, ints([0, 1])], [to]);
      return to;
    };
    const sub = (a: string, b: string) => {
      const to = fresh();
      node("Sub", [a, b], [to]);
      return to;
    };
    const [w11, w12, w21, w22] = [block(0, 0), block(0, 1), block(1, 0), block(1, 1)];
    const t1 = sub(w21, w11);
    const t2 = sub(w22, t1);
    return [w11, w12, w22, t1, t2, sub(w22, w21), sub(w12, t2)];
  });
}
