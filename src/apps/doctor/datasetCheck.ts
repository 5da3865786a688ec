/** `doctor --data`: contents of a data set, and its faults: unreadable images, duplicates, contradicting labels. */
import { createHash } from "node:crypto";
import { imagePath } from "../../data/dataset.node.ts";
import { loadSplit } from "../../data/datasets.node.ts";
import { cutToBox } from "../../data/images.node.ts";
import { type Split, splitNames } from "../../data/sample.ts";
import { decodeImage } from "../../pictures/decode.node.ts";
import { inColour } from "../../pictures/image.ts";
import { contextOf, eachOnce, type ProgressTask, type RunContext } from "../../platform/context.ts";
import { isFailure, MpaError, messageOf, throwIfStopped } from "../../platform/errors.ts";
import { type Duplicate, differenceHash, type Fingerprint, findDuplicates } from "./duplicates.ts";
import type { DoctorConfig } from "./options.ts";

/** Contents and faults of a split. */
export interface SplitCheck {
  readonly split: string;
  readonly images: number;
  readonly classes: readonly string[];
  /** images by class name; `classes` has their order */
  readonly counts: Readonly<Record<string, number>>;
  /** number of rows without a class, or dropped by the label rule */
  readonly leftOut: number;
  /** the same by reason */
  readonly leftOutBy: Readonly<Record<string, number>>;
  /** number of files in the split's folders that are not supported pictures, by kind */
  readonly passedOver: Readonly<Record<string, number>>;
  /** ratio of the largest to the smallest class */
  readonly imbalance: number;
  readonly unreadable: readonly { readonly file: string; readonly message: string }[];
}

/** Contents and faults of a data set. */
export interface DatasetCheck {
  readonly splits: readonly SplitCheck[];
  /** missing splits, with reasons */
  readonly missing: readonly { readonly split: string; readonly reason: string }[];
  /** notices of reading the data set, one line each */
  readonly notices: readonly string[];
  readonly duplicates: readonly Duplicate[];
  /** number of duplicates across splits, which leak training images into evaluation */
  readonly acrossSplits: number;
  /** number of duplicates with different labels, of which at least one is wrong */
  readonly contradictions: number;
}

/** Checks a data set. Reads all splits, including test, to find leaks; nothing is scored. Throws DATASET if no split can be read. */
export async function checkDataset(
  { data, dataset, labelRule }: Required<Pick<DoctorConfig, "data" | "dataset" | "labelRule">>,
  context: RunContext = {},
): Promise<DatasetCheck> {
  const loaded: Split[] = [];
  const missing: { split: string; reason: string }[] = [];
  const notices: string[] = [];
  const notice = eachOnce((line) => notices.push(line));
  for (const split of splitNames) {
    try {
      loaded.push(await loadSplit(dataset, data, split, { labelRule, notice }));
    } catch (error) {
      if (!isFailure(error, "DATASET")) throw error;
      missing.push({ split, reason: messageOf(error) });
    }
  }
  if (loaded.length === 0) throw new MpaError("DATASET", `no split can be read (${missing[0].reason})`);
  const { progress } = contextOf(context);
  const total = loaded.reduce((sum, { samples }) => sum + samples.length, 0);
  const task = progress.start({ label: "looking at pictures", total, unit: "images" });
  const fingerprints: Fingerprint[] = [];
  const splits: SplitCheck[] = [];
  for (const split of loaded) splits.push(await checkSplit(split, fingerprints, task, context.signal));
  task.finish();
  const duplicates = findDuplicates(fingerprints);
  return {
    splits,
    missing,
    notices,
    duplicates,
    acrossSplits: duplicates.filter(({ first, second }) => first.split !== second.split).length,
    contradictions: duplicates.filter(({ first, second }) => first.label !== second.label).length,
  };
}

/** Number of pictures decoded concurrently. */
const concurrency = 16;

async function checkSplit(
  split: Split,
  fingerprints: Fingerprint[],
  task: ProgressTask,
  signal?: AbortSignal,
): Promise<SplitCheck> {
  const { name, classes, samples, leftOut, leftOutBy = {}, passedOver = {} } = split;
  const unreadable: { file: string; message: string }[] = [];
  for (let from = 0; from < samples.length; from += concurrency) {
    throwIfStopped(signal, "stopped before every picture was looked at");
    const batch = samples.slice(from, from + concurrency);
    const results = await Promise.all(batch.map((_, i) => fingerprint(split, from + i)));
    for (const [i, result] of results.entries()) {
      if ("sha256" in result) fingerprints.push(result);
      else unreadable.push({ file: batch[i].file, message: result.message });
    }
    task.update(fingerprints.length + unreadable.length);
  }
  const counts = Object.fromEntries(
    classes.map((each, c) => [each, samples.filter(({ label }) => label === c).length]),
  );
  const sizes = Object.values(counts);
  const imbalance = Math.max(...sizes) / Math.max(1, Math.min(...sizes));
  return {
    split: name,
    images: samples.length,
    classes,
    counts,
    leftOut,
    leftOutBy,
    passedOver,
    imbalance,
    unreadable,
  };
}

async function fingerprint(split: Split, index: number): Promise<Fingerprint | { readonly message: string }> {
  const { file, label, box, grey } = split.samples[index];
  try {
    const whole = grey ? inColour(grey) : await decodeImage(await imagePath(split, file), file);
    const image = cutToBox(whole, box, file);
    const sha256 = createHash("sha256").update(`${image.width}×${image.height}`).update(image.data).digest("hex");
    return { split: split.name, file, label: split.classes[label], sha256, hash: differenceHash(image) };
  } catch (error) {
    if (isFailure(error, "IMAGE")) return { message: messageOf(error) };
    throw error;
  }
}
