/** Sources of faces to explain: photographs, or a split of a data set. */
import { type ClipPreprocess, towerPixels } from "../../clip/preprocess.ts";
import { loadSplit } from "../../data/datasets.node.ts";
import type { ImageSource } from "../../data/images.node.ts";
import { epochOrder, limitPerClass } from "../../data/order.ts";
import type { Split } from "../../data/sample.ts";
import { openDetector } from "../../faces/detector.node.ts";
import type { FaceDetector } from "../../faces/detector.ts";
import { alignFace } from "../../faces/face.ts";
import { decodeImage } from "../../pictures/decode.node.ts";
import type { RgbImage } from "../../pictures/image.ts";
import type { RunContext } from "../../platform/context.ts";
import { isFailure, MpaError, throwIfStopped } from "../../platform/errors.ts";
import type { Face } from "./faces.ts";
import type { ExplainedData } from "./models.ts";
import type { ExplainConfig } from "./options.ts";

/** A file that is unreadable or shows no face. */
export interface FailedFile {
  readonly file: string;
  readonly error: string;
}

/** Faces found in files, and the files that failed. */
export interface FileFaces {
  readonly faces: readonly Face[];
  readonly failed: readonly FailedFile[];
}

/** Detects all faces of all files, or takes each file as one aligned face without `detect`. Collects failed files. Throws INTERRUPTED. */
export async function fileFaces(
  config: ExplainConfig,
  tower: ClipPreprocess,
  { signal }: RunContext,
): Promise<FileFaces> {
  const detector = config.detect ? await openDetector(config) : undefined;
  const faces: Face[] = [];
  const failed: FailedFile[] = [];
  try {
    for (const file of config.files) {
      throwIfStopped(signal, "stopped before the faces were found");
      try {
        const pictures = await picturesOf(file, detector, signal);
        const name = (i: number) => (pictures.length === 1 ? file : `${file}, face ${i + 1}`);
        faces.push(...pictures.map((picture, i) => ({ file: name(i), pixels: towerPixels(picture, tower) })));
        if (pictures.length === 0)
          failed.push({ file, error: new MpaError("IMAGE", "no face was found", { where: file, fix }).message });
      } catch (error) {
        if (!isFailure(error, "IMAGE")) throw error;
        failed.push({ file, error: error.message });
      }
    }
  } finally {
    await detector?.dispose();
  }
  return { faces, failed };
}

/** Loads the split, with at most `limit` images per class. */
export async function explainedSplit(
  { data, dataset, split, labelRule, limit, part }: ExplainedData,
  seed: number,
  { notice }: RunContext,
): Promise<Split> {
  const whole = await loadSplit(dataset, data, split, { labelRule, ...(part && { part }), ...(notice && { notice }) });
  if (limit === undefined) return whole;
  const order = epochOrder({ size: whole.samples.length, seed, epoch: 0, shuffle: true });
  return { ...whole, samples: limitPerClass(whole.samples, limit, order) };
}

/** At most `n` readable images of a split, shuffled by the seed: one of each class, then a second of each, and so on. */
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
  throwIfStopped(signal, "stopped before the faces were read");
  return faces;
}

/** Indices of all images in random order, with the classes taking turns. */
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

const fix = "add --no-detect where a face fills the picture";

async function picturesOf(
  file: string,
  detector: FaceDetector | undefined,
  signal: AbortSignal | undefined,
): Promise<RgbImage[]> {
  const image = await decodeImage(file, file);
  if (detector === undefined) return [image];
  return (await detector.detect(image, { signal })).map((face) => alignFace(image, face));
}
