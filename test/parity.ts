/** Reference values from PyTorch (tools/fixtures.py) and the tolerance for ours. */
import { join } from "node:path";
import { readTensorFile } from "../src/clip/weights.node.ts";
import type { TensorData } from "../src/graph/tensor.ts";

export const fixtures = join(import.meta.dirname, "fixtures");

/** Default tolerance: the maximum difference over the maximum magnitude. */
export const tolerance = 1e-4;

export type Fixture = (name: string) => TensorData;

/** Tensors of a fixture file, by name. */
export const readFixture = (path: string): Promise<Fixture> => readTensors(join(fixtures, path));

/** Tensors of a file, by name. Throws for a name that is missing. */
export async function readTensors(path: string): Promise<Fixture> {
  const { tensors } = await readTensorFile(path);
  return (name) => {
    const values = tensors.get(name);
    if (values === undefined) throw new Error(`${path} has no ${name}`);
    return values;
  };
}

/**
 * max
 * found − expected
 *  / max
 * expected
 * ; infinite if the lengths differ or a value is NaN.
 */
export function relativeError(found: ArrayLike<number | bigint>, { data: expected }: Pick<TensorData, "data">): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [difference, largest] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const gap = Math.abs(Number(found[i]) - expected[i]);
    if (!(gap <= difference)) difference = Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap;
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return difference / largest;
}
