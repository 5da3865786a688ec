/** Synthetic data set of `mpa-fer demo`: drawn people with eight expressions each, in class folders. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { type FerClass, ferClasses, type SplitName, splitNames } from "../../data/sample.ts";
import { throwIfStopped } from "../../platform/errors.ts";
import { makeFolder } from "../../platform/folders.node.ts";
import { Random } from "../../platform/random.ts";
import { drawActionUnits } from "./drawing/expressions.ts";
import { drawFace } from "./drawing/face.ts";
import { drawIdentity, type Identity } from "./drawing/identity.ts";

export interface DrawDatasetOptions {
  /** output folder, absent or empty */
  readonly out: string;
  readonly seed: number;
  /** people in each split; each of them is drawn once in each class */
  readonly facesPerClass: Readonly<Record<SplitName, number>>;
  /** pixels a side */
  readonly size?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Identity of a person in one photograph. The seed contains the name of the split, so no person is in two splits. */
export function drawnIdentity(seed: number, split: SplitName, person: number, name: FerClass): Identity {
  return drawIdentity(
    new Random(seed, "drawn person", split, person),
    new Random(seed, "drawn photograph", split, person, name),
  );
}

/** SVG text of one face of the data set. */
export function drawnFace(seed: number, split: SplitName, person: number, name: FerClass): string {
  const actionUnits = drawActionUnits(name, new Random(seed, "drawn expression", split, person, name));
  return drawFace({ actionUnits, identity: drawnIdentity(seed, split, person, name) });
}

/**
 * Writes colour PNGs as `{train,valid,test}/CLASS/PERSON.png` and returns their number.
 * The same seed gives the same bytes. The folder is written completely or not at all. Throws WRITE if it cannot be
 * written or is not empty, INTERRUPTED if the signal aborts.
 */
export function drawDataset(options: DrawDatasetOptions): Promise<number> {
  return makeFolder(options.out, (partial) => drawInto(partial, options));
}

/** PNG bytes of a 96 × 96 drawing, rendered at `size` pixels a side. */
export async function render(svg: string, size: number): Promise<Buffer> {
  // librsvg renders at 72 dpi by default; the density makes it render at the requested size
  return await sharp(Buffer.from(svg), { density: (72 * size) / 96 })
    .resize(size, size, { fit: "fill" })
    .removeAlpha()
    .png({ compressionLevel: 6 })
    .toBuffer();
}

/** Number of faces drawn concurrently: enough for a few cores, few enough to stop quickly. */
const concurrency = 4;

async function drawInto(folder: string, options: DrawDatasetOptions): Promise<number> {
  const { seed, facesPerClass, size = 96, onProgress, signal } = options;
  const work = worksOf(facesPerClass);
  for (const { split, name } of work) await mkdir(join(folder, split, name), { recursive: true });
  for (let from = 0; from < work.length; from += concurrency) {
    throwIfStopped(signal, `stopped after ${from} of ${work.length} drawn faces`);
    const batch = work.slice(from, from + concurrency).map(async ({ split, name, person }) => {
      const png = await render(drawnFace(seed, split, person, name), size);
      await writeFile(join(folder, split, name, `${split}-${String(person).padStart(4, "0")}.png`), png);
    });
    await Promise.all(batch);
    onProgress?.(Math.min(work.length, from + concurrency), work.length);
  }
  return work.length;
}

interface Work {
  readonly split: SplitName;
  readonly name: FerClass;
  readonly person: number;
}

function worksOf(facesPerClass: Readonly<Record<SplitName, number>>): Work[] {
  return splitNames.flatMap((split) =>
    ferClasses.flatMap((name) =>
      Array.from({ length: facesPerClass[split] }, (_, person): Work => ({ split, name, person })),
    ),
  );
}
