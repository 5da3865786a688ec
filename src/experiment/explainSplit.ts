/** The faces of a data set that are explained: some of a split, classes in turn. */

import type { Split } from "../data/sample.ts";
import { epochOrder, limitPerClass } from "../data/selection.ts";
import { loadSplit } from "../data/sources.ts";
import { MpaError } from "../errors.ts";
import type { RunContext } from "../runContext.ts";
import type { Face } from "./explainFaces.ts";
import type { ExplainedData } from "./explainSetup.ts";
import type { ImageSource } from "./imageSource.ts";

/** The split, with at most `limit` images a class. */
export async function explainedSplit(
  { data, dataset, split, labelRule, limit }: ExplainedData,
  seed: number,
): Promise<Split> {
  const whole = await loadSplit(dataset, data, split, { labelRule });
  if (limit === undefined) return whole;
  const order = epochOrder({ size: whole.samples.length, seed, epoch: 0, shuffle: true });
  return { ...whole, samples: limitPerClass(whole.samples, limit, order) };
}

/** At most `n` readable images of a split: one of each class, then a second of each, by the seed's shuffle. */
export async function splitFaces(
  source: ImageSource,
  n: number,
  seed: number,
  { signal }: RunContext,
): Promise<Face[]> {
  const { samples, classes } = source.split;
  const order = classesInTurn(
    samples.map(({ label }) => label),
    seed,
  ).slice(0, n);
  const faces: Face[] = [];
  for await (const { indices, pixels } of source.batches({ order, batchSize: 32 })) {
    const size = pixels.length / indices.length;
    for (const [row, i] of indices.entries()) {
      const { file, label } = samples[i];
      faces.push({ file, label: classes[label], pixels: pixels.slice(row * size, (row + 1) * size) });
    }
  }
  if (signal?.aborted) throw new MpaError("INTERRUPTED", "stopped before the faces were read");
  return faces;
}

/** Indices of all images, the classes taking turns. */
export function classesInTurn(labels: readonly number[], seed: number): number[] {
  const order = epochOrder({ size: labels.length, seed, epoch: 0, shuffle: true });
  const seen = new Map<number, number>();
  const turns = order.map((i) => {
    const turn = seen.get(labels[i]) ?? 0;
    seen.set(labels[i], turn + 1);
    return { i, turn };
  });
  return turns.toSorted((a, b) => a.turn - b.turn || labels[a.i] - labels[b.i]).map(({ i }) => i);
}
