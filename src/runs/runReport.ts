/** Writes a run's `report.html` from the records in its folder, and from nothing else but the faces that it shows. */

import { existsSync, realpathSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import sharp from "sharp";
import { readTensorBytes } from "../clip/weights.node.ts";
import { hashIndex, loadSplit } from "../data/datasets.node.ts";
import { loadTrainingSplit, sampleReader } from "../data/images.node.ts";
import type { Split } from "../data/sample.ts";
import { type Mistake, type PredictionTable, readPredictions, worstMistakes } from "../evaluation/predictions.ts";
import { MpaError, messageOf } from "../platform/errors.ts";
import { readText, writeFileAtomic } from "../platform/files.node.ts";
import { sha256 } from "../platform/package.node.ts";
import { manifestText, type RunManifest, readManifest, readRecordedRun, type TestEvaluation } from "./manifest.ts";
import { runReport } from "./report/runReport.ts";
import type { MistakeGallery } from "./report/tables.ts";
import { readRecords, runFiles } from "./runFolder.ts";

/* The faces of mistakes as small pictures for a report, which is the only place that they go to. */

/** Longer edge of a picture, pixels. */
const edge = 112;

/** Base64 PNGs by file name; a face that cannot be read is left out. */
export async function mistakeFaces(split: Split, mistakes: readonly Mistake[]): Promise<ReadonlyMap<string, string>> {
  const wanted = new Set(mistakes.map(({ file }) => file));
  const faces = new Map<string, string>();
  const read = sampleReader(split);
  for (const sample of split.samples.filter(({ file }) => wanted.has(file))) {
    try {
      const { width, height, data } = await read(sample);
      const picture = sharp(data, { raw: { width, height, channels: 3 } });
      const small = picture.resize({ width: edge, height: edge, fit: "inside" }).png({ compressionLevel: 9 });
      faces.set(sample.file, (await small.toBuffer()).toString("base64"));
    } catch (error) {
      if (!(error instanceof MpaError)) throw error;
    }
  }
  return faces;
}

const shownMistakes = 16;

export async function writeRunReport(folder: string): Promise<void> {
  const path = (name: keyof typeof runFiles) => join(folder, runFiles[name]);
  const { manifest, record } = await readRecordedRun(path("manifest"));
  const records = existsSync(path("metrics")) ? await readRecords(path("metrics")) : [];
  const predictions = existsSync(path("predictions"))
    ? readPredictions(await readText(path("predictions"), "DATASET"), path("predictions"))
    : undefined;
  const mistakes = predictions && (await gallery(manifest, predictions));
  await writeFileAtomic(path("report"), runReport({ manifest, record, records, predictions, mistakes }));
}

/** Whether a run's report is missing, or older than the record that it tells of. */
export async function lacksReport(folder: string): Promise<boolean> {
  const path = (name: "manifest" | "report") => join(folder, runFiles[name]);
  if (!existsSync(path("report"))) return true;
  return (await stat(path("report"))).mtimeMs < (await stat(path("manifest"))).mtimeMs;
}

async function gallery(manifest: RunManifest, predictions: PredictionTable): Promise<MistakeGallery> {
  const mistakes = worstMistakes(predictions, shownMistakes);
  return { mistakes, faces: manifest.config.reportFaces ? await facesOf(manifest, mistakes) : undefined };
}

/** Faces of the split that the run was validated on; none where the data is not there any more. */
async function facesOf(
  { config: { dataset, data, labelRule }, selection }: RunManifest,
  mistakes: MistakeGallery["mistakes"],
): Promise<MistakeGallery["faces"]> {
  if (mistakes.length === 0) return new Map();
  try {
    return await mistakeFaces(await loadSplit(dataset, data, selection, { labelRule }), mistakes);
  } catch (error) {
    if (error instanceof MpaError) return new Map();
    throw error;
  }
}

/* The record of a run that says when the test split was opened with its checkpoints, and what speaks against a figure. */

export interface TestRecord {
  /** how often the run's checkpoints were scored on the test split of this data set, this time among them */
  readonly openings: number;
  /** why the figure is not one of a single look at the end; empty where it is */
  readonly warnings: readonly string[];
}

/** A split that was opened with a checkpoint, and what came of it. */
export interface OpenedSplit extends Pick<TestEvaluation, "index" | "images" | "accuracy" | "uar"> {
  /** kind of the data set, and the folder that it lies in */
  readonly dataset: string;
  readonly data: string;
}

/**
 * Adds an opening of the test split to the `run.json` beside the checkpoint. A checkpoint without one, or one that cannot be
 * written, is told of in the warnings and does not fail: the figure is right, only the record of it is not there.
 */
export async function recordTestEvaluation(checkpoint: string, { data, ...figures }: OpenedSplit): Promise<TestRecord> {
  const path = join(dirname(checkpoint), runFiles.manifest);
  if (!existsSync(path))
    return { openings: 1, warnings: [`no run.json beside ${checkpoint}: the opening is on no record`] };
  try {
    const { manifest, record } = await readRecordedRun(path);
    const at = new Date().toISOString();
    const isOwn = await isOwnData(manifest, figures.dataset, data);
    const found = { at, checkpoint: basename(checkpoint), sha256: sha256(await readTensorBytes(checkpoint)) };
    const opening = { ...found, ...figures, isOwn };
    const openings = [...manifest.testSplit.openings, opening];
    const testSplitRead = record.testSplitRead === true || isOwn;
    await writeFileAtomic(path, manifestText({ ...record, testSplitRead, testSplit: { openings } }));
    const warnings = [...warningsOf(manifest, opening), ...(await rewriteReport(dirname(checkpoint)))];
    return { openings: openings.filter((past) => isSameData(past, opening)).length, warnings };
  } catch (error) {
    if (!(error instanceof MpaError)) throw error;
    return { openings: 1, warnings: [`the opening of the test split is on no record: ${messageOf(error)}`] };
  }
}

/** The run's own test split in each of its forms, or that of another data set in one. */
const isSameData = (past: TestEvaluation, { isOwn, dataset, index }: TestEvaluation): boolean =>
  isOwn === false ? past.dataset === dataset && past.index === index : past.isOwn !== false;

/**
 * Whether a data set is the one that a run learned from: by its place, and where nothing lies there any more by the list of the
 * images to learn from.
 */
async function isOwnData({ config, data: splits }: RunManifest, dataset: string, data: string): Promise<boolean> {
  if (dataset !== config.dataset) return false;
  if (existsSync(config.data)) return realpathSync(config.data) === realpathSync(data);
  try {
    const train = await loadTrainingSplit({ ...config, dataset, data }, "train", config.limit);
    return hashIndex(train) === splits.train?.index;
  } catch (error) {
    if (error instanceof MpaError) return false;
    throw error;
  }
}

/** The opening stands in the manifest by then, so a report that cannot be made is worth a warning only. */
async function rewriteReport(folder: string): Promise<string[]> {
  try {
    await writeRunReport(folder);
    return [];
  } catch (error) {
    if (!(error instanceof MpaError)) throw error;
    return [`${runFiles.report} does not tell of the opening: ${messageOf(error)}`];
  }
}

/** The openings that a run's manifest tells of; none where there is no manifest. */
export async function readTestEvaluations(path: string): Promise<readonly TestEvaluation[]> {
  return existsSync(path) ? (await readManifest(path)).testSplit.openings : [];
}

function warningsOf(
  { finished, testSplit: { openings } }: RunManifest,
  { sha256: own, index }: TestEvaluation,
): string[] {
  const others = new Set(
    openings.filter((past) => past.index === index && past.sha256 !== own).map((past) => past.sha256),
  );
  return [
    ...(finished
      ? []
      : ["the run is not finished: going on, or not, after a look at the test split is a choice by it"]),
    ...(others.size > 0
      ? [
          `the test split was opened before with ${others.size} other ${others.size === 1 ? "checkpoint" : "checkpoints"} of this run: choosing among them flatters`,
        ]
      : []),
  ];
}
