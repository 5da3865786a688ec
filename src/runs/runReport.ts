/** Report of a run, written from the records in its folder, and the record of evaluations on the test split. */
import { existsSync, realpathSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import sharp from "sharp";
import { readTensorBytes } from "../clip/weights.node.ts";
import { hashIndex, loadSplit } from "../data/datasets.node.ts";
import { sampleReader } from "../data/images.node.ts";
import { partOf } from "../data/part.node.ts";
import type { Split } from "../data/sample.ts";
import { loadTrainingSplit } from "../data/trainingImages.node.ts";
import { type Mistake, type PredictionTable, readPredictions, worstMistakes } from "../evaluation/predictions.ts";
import { counted } from "../platform/counts.ts";
import { MpaError, messageOf } from "../platform/errors.ts";
import { readText, writeFileAtomic } from "../platform/files.node.ts";
import { sha256 } from "../platform/package.node.ts";
import { manifestText, type RunManifest, readManifest, readRecordedRun, type TestEvaluation } from "./manifest.ts";
import type { Origin } from "./report/figure.ts";
import { originOf } from "./report/origin.ts";
import type { RunRecords } from "./report/runFigures.ts";
import { runReport } from "./report/runReport.ts";
import type { MistakeGallery } from "./report/tables.ts";
import { readRecords, runFiles } from "./runFolder.ts";

/** Length of a thumbnail's longer edge, pixels. */
const edge = 112;

/** Thumbnails of misclassified faces for a report: base64 PNGs by file name. Skips unreadable images. */
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

/** Number of mistakes in the report. */
const shownMistakes = 16;

/** Writes the `report.html` of a run folder. Throws the errors of reading its records, and WRITE. */
export async function writeRunReport(folder: string): Promise<void> {
  const path = (name: keyof typeof runFiles) => join(folder, runFiles[name]);
  const { manifest, record } = await readRecordedRun(path("manifest"));
  const { records, predictions, origin } = await readRunRecords(folder, manifest);
  const mistakes = predictions && (await gallery(manifest, predictions));
  await writeFileAtomic(path("report"), runReport({ manifest, record, records, predictions, mistakes, origin }));
}

/** Reads what the figures of a run are made of, and the origin for their captions. Throws CHECKPOINT and DATASET. */
export async function readRunRecords(
  folder: string,
  manifest: RunManifest,
): Promise<RunRecords & { readonly origin: Origin }> {
  const path = (name: keyof typeof runFiles) => join(folder, runFiles[name]);
  const records = existsSync(path("metrics")) ? await readRecords(path("metrics")) : [];
  const predictions = existsSync(path("predictions"))
    ? readPredictions(await readText(path("predictions"), "DATASET"), path("predictions"))
    : undefined;
  const text = await readText(path("manifest"), "CHECKPOINT");
  return {
    manifest,
    records,
    predictions,
    origin: originOf({ of: basename(folder), record: runFiles.manifest, text }),
  };
}

/** Whether a run's report is missing or older than its manifest. */
export async function lacksReport(folder: string): Promise<boolean> {
  const path = (name: "manifest" | "report") => join(folder, runFiles[name]);
  if (!existsSync(path("report"))) return true;
  return (await stat(path("report"))).mtimeMs < (await stat(path("manifest"))).mtimeMs;
}

/** Record of a test-split evaluation, with warnings about selection bias. */
export interface TestRecord {
  /** number of evaluations of the run's checkpoints on this data set's test split, including this one */
  readonly openings: number;
  /** reasons why the figure is not a single evaluation after training; empty if it is */
  readonly warnings: readonly string[];
}

/** A test split evaluated with a checkpoint. */
export interface EvaluatedSplit extends Pick<TestEvaluation, "index" | "images" | "accuracy" | "uar"> {
  /** kind of the data set */
  readonly dataset: string;
  /** folder of the data set */
  readonly data: string;
}

/**
 * Records an evaluation of the test split in the `run.json` next to the checkpoint. If that file is missing or cannot be written, the
 * result carries a warning instead, because the figure itself is valid.
 */
export async function recordTestEvaluation(
  checkpoint: string,
  { data, ...figures }: EvaluatedSplit,
): Promise<TestRecord> {
  const path = join(dirname(checkpoint), runFiles.manifest);
  if (!existsSync(path))
    return { openings: 1, warnings: [`no run.json beside ${checkpoint}: the test evaluation is on no record`] };
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
    return { openings: 1, warnings: [`the test evaluation is on no record: ${messageOf(error)}`] };
  }
}

/** Test-split evaluations recorded in a manifest; none if the file does not exist. */
export async function readTestEvaluations(path: string): Promise<readonly TestEvaluation[]> {
  return existsSync(path) ? (await readManifest(path)).testSplit.openings : [];
}

async function gallery(manifest: RunManifest, predictions: PredictionTable): Promise<MistakeGallery> {
  const mistakes = worstMistakes(predictions, shownMistakes);
  return { mistakes, faces: manifest.config.reportFaces ? await facesOf(manifest, mistakes) : undefined };
}

/** Faces of misclassified images in the split used for model selection; none if the data set cannot be loaded any more. */
async function facesOf(
  { config, selection }: RunManifest,
  mistakes: MistakeGallery["mistakes"],
): Promise<MistakeGallery["faces"]> {
  if (mistakes.length === 0) return new Map();
  const { dataset, data, labelRule } = config;
  try {
    return await mistakeFaces(await loadSplit(dataset, data, selection, { labelRule, part: partOf(config) }), mistakes);
  } catch (error) {
    if (error instanceof MpaError) return new Map();
    throw error;
  }
}

/** Whether two evaluations used the same data: any version of the run's own test split, or the same images of another data set. */
const isSameData = (past: TestEvaluation, { isOwn, dataset, index }: TestEvaluation): boolean =>
  isOwn === false ? past.dataset === dataset && past.index === index : past.isOwn !== false;

/**
 * Whether a data set is the one that the run was trained on. Compares the folders, or the lists of training images if the recorded folder
 * no longer exists.
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

/** Rewrites the report after the manifest recorded an evaluation; a failure is returned as a warning. */
async function rewriteReport(folder: string): Promise<string[]> {
  try {
    await writeRunReport(folder);
    return [];
  } catch (error) {
    if (!(error instanceof MpaError)) throw error;
    return [`${runFiles.report} does not tell of the opening: ${messageOf(error)}`];
  }
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
          `${counted(others.size, "other checkpoint")} of this run ${others.size === 1 ? "was" : "were"} evaluated on the test split before: choosing among them flatters`,
        ]
      : []),
  ];
}
