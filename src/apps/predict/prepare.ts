/** `prepare`: detects, aligns and crops the faces of a data set's photographs into class folders. */

import { mkdir, writeFile } from "node:fs/promises";
import { join, posix } from "node:path";
import sharp from "sharp";
import { loadSplit } from "../../data/datasets.node.ts";
import { sampleReader } from "../../data/images.node.ts";
import { type Sample, type Split, splitNames } from "../../data/sample.ts";
import { openDetector } from "../../faces/detector.node.ts";
import type { FaceDetector } from "../../faces/detector.ts";
import { alignFace, type DetectedFace } from "../../faces/face.ts";
import type { RgbImage } from "../../pictures/image.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { counted } from "../../platform/counts.ts";
import { isFailure, MpaError, messageOf, throwIfStopped } from "../../platform/errors.ts";
import { makeFolder, requireFolderName, unusedName } from "../../platform/folders.node.ts";
import type { PrepareConfig } from "./options.ts";

export interface PreparedSplit {
  readonly split: string;
  /** number of faces written */
  readonly faces: number;
  /** pictures without a face, by path in the data set; they are left out */
  readonly faceless: readonly string[];
  readonly unreadable: readonly { readonly file: string; readonly message: string }[];
  /** files in the split's folders that are no pictures that are read here, by kind */
  readonly passedOver: Readonly<Record<string, number>>;
}

/** Result of `prepare`: the output folder and counts per split. */
export interface PreparedDataset {
  readonly out: string;
  readonly classes: readonly string[];
  readonly splits: readonly PreparedSplit[];
}

/**
 * Writes `{train,valid,test}/CLASS/*.png` with the largest face of each picture. The folder is written atomically. Throws
 * DATASET if no split can be read, WRITE if the folder is not empty, INTERRUPTED.
 */
export async function prepareDataset(config: PrepareConfig, context: RunContext = {}): Promise<PreparedDataset> {
  const { progress, notice } = contextOf(context);
  const splits = await splitsOf(config, notice);
  const detector = await openDetector(config);
  const total = splits.reduce((sum, { samples }) => sum + samples.length, 0);
  const task = progress.start({ label: "cutting faces", total, unit: "images" });
  let done = 0;
  try {
    const prepared = await makeFolder(config.out, async (folder) => {
      const all: PreparedSplit[] = [];
      for (const split of splits) {
        all.push(await prepareSplit(split, folder, detector, context.signal, () => task.update(++done)));
      }
      return all;
    });
    task.finish();
    for (const line of prepared.flatMap(leftOutLine)) notice(line);
    return { out: config.out, classes: splits[0].classes, splits: prepared };
  } finally {
    await detector.dispose();
  }
}

async function splitsOf({ data, dataset, labelRule }: PrepareConfig, notice: (line: string) => void): Promise<Split[]> {
  const splits: Split[] = [];
  let reason = "";
  for (const name of splitNames) {
    try {
      splits.push(await loadSplit(dataset, data, name, { labelRule, notice }));
    } catch (error) {
      if (!isFailure(error, "DATASET")) throw error;
      reason ||= messageOf(error);
    }
  }
  if (splits.length === 0) throw new MpaError("DATASET", `no split can be read (${reason})`);
  return splits;
}

async function prepareSplit(
  split: Split,
  folder: string,
  detector: FaceDetector,
  signal: AbortSignal | undefined,
  onDone: () => void,
): Promise<PreparedSplit> {
  const read = sampleReader(split);
  const faceless: string[] = [];
  const unreadable: { file: string; message: string }[] = [];
  const taken = new Set<string>();
  for (const name of split.classes)
    await mkdir(join(folder, split.name, requireFolderName(name, "DATASET")), { recursive: true });
  for (const sample of split.samples) {
    throwIfStopped(signal, `stopped after ${counted(taken.size, "face")} of ${split.name}`);
    const picture = await readable(read, sample, unreadable);
    const face = picture && largest(await detector.detect(picture, { signal }));
    if (picture !== undefined && face === undefined) faceless.push(sample.file);
    if (picture !== undefined && face !== undefined) {
      const name = unusedName(posix.join(split.name, split.classes[sample.label], stemOf(sample.file)), "png", taken);
      await writeFile(join(folder, name), await png(alignFace(picture, face)));
    }
    onDone();
  }
  return { split: split.name, faces: taken.size, faceless, unreadable, passedOver: split.passedOver ?? {} };
}

/** "train: left out 3 of 9 pictures: 2 without a face, 1 unreadable"; none where all became faces. */
function leftOutLine({ split, faces, faceless, unreadable }: PreparedSplit): string[] {
  const [without, bad] = [faceless.length, unreadable.length];
  if (without + bad === 0) return [];
  return [
    `${split}: left out ${without + bad} of ${faces + without + bad} pictures: ${without} without a face, ${bad} unreadable`,
  ];
}

async function readable(
  read: (sample: Sample) => Promise<RgbImage>,
  sample: Sample,
  unreadable: { file: string; message: string }[],
): Promise<RgbImage | undefined> {
  try {
    return await read(sample);
  } catch (error) {
    if (!isFailure(error, "IMAGE")) throw error;
    unreadable.push({ file: sample.file, message: messageOf(error) });
    return undefined;
  }
}

/** Largest face: the label describes the person in front. */
const largest = (faces: readonly DetectedFace[]): DetectedFace | undefined =>
  faces.toSorted((a, b) => b.box[2] * b.box[3] - a.box[2] * a.box[3])[0];

const png = ({ width, height, data }: RgbImage): Promise<Buffer> =>
  sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();

const stemOf = (file: string): string => posix.basename(file, posix.extname(file));
