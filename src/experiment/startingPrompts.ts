/** Where the learned tensors start: draws from the seed, or a file's. */
import type { Shape } from "../graph/tensor.ts";
import { initialPrompts, type Prompts } from "../model/prompts.ts";
import { readTensorFile } from "../model/tensorFile.ts";
import { requireTensor } from "../trainer/checkpoint.ts";

/**
 * Prompts of the given shapes: from `init` (a checkpoint, or any safetensors file with tensors of these names) where it
 * has them, the rest from the seed. Throws CHECKPOINT for a tensor of another shape.
 */
export async function startingPrompts(
  shapes: Readonly<Record<string, Shape>>,
  seed: number,
  init: string | undefined,
): Promise<Prompts> {
  const drawn = initialPrompts(shapes, seed);
  if (init === undefined) return drawn;
  const { tensors } = await readTensorFile(init);
  return Object.fromEntries(
    Object.entries(drawn).map(([name, values]) => [
      name,
      tensors.has(name) ? requireTensor(tensors, name, values.shape, init) : values,
    ]),
  );
}
