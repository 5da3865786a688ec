/** Writes a run's `report.html` from the records in its folder, and from nothing else but the faces that it shows. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadSplit } from "../data/sources.ts";
import { MpaError } from "../errors.ts";
import { worstMistakes } from "../evaluation/mistakes.ts";
import { type PredictionTable, readPredictions } from "../evaluation/predictionsCsv.ts";
import { type RunManifest, readManifest } from "../evaluation/runManifest.ts";
import { readText, writeFileAtomic } from "../files.ts";
import type { MistakeGallery } from "../report/mistakes.ts";
import { runReport } from "../report/runReport.ts";
import { mistakeFaces } from "./mistakeFaces.ts";
import { readRecords, runFiles } from "./runFolder.ts";

const shownMistakes = 16;

export async function writeRunReport(folder: string): Promise<void> {
  const path = (name: keyof typeof runFiles) => join(folder, runFiles[name]);
  const manifest = await readManifest(path("manifest"));
  const records = existsSync(path("metrics")) ? await readRecords(path("metrics")) : [];
  const predictions = existsSync(path("predictions"))
    ? readPredictions(await readText(path("predictions"), "DATASET"), path("predictions"))
    : undefined;
  const mistakes = predictions && (await gallery(manifest, predictions));
  await writeFileAtomic(path("report"), runReport({ manifest, records, predictions, mistakes }));
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
