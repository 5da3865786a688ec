/** The record of a run that says when the test split was opened with its checkpoints, and what speaks against a figure. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { MpaError, messageOf } from "../errors.ts";
import { manifestText, type RunManifest, readManifest, type TestOpening } from "../evaluation/runManifest.ts";
import { writeFileAtomic } from "../files.ts";
import { sha256 } from "../packageInfo.ts";
import { runFiles } from "./runFolder.ts";
import { writeRunReport } from "./runReportFile.ts";

export interface TestRecord {
  /** how often the run's checkpoints were scored on the test split, this time among them */
  readonly openings: number;
  /** why the figure is not one of a single look at the end; empty where it is */
  readonly warnings: readonly string[];
}

/**
 * Adds an opening of the test split to the `run.json` beside the checkpoint. A checkpoint without one, or one that cannot be
 * written, is told of in the warnings and does not fail: the figure is right, only the record of it is not there.
 */
export async function recordTestOpening(
  checkpoint: string,
  figures: Pick<TestOpening, "index" | "images" | "accuracy" | "uar">,
): Promise<TestRecord> {
  const path = join(dirname(checkpoint), runFiles.manifest);
  if (!existsSync(path))
    return { openings: 1, warnings: [`no run.json beside ${checkpoint}: the opening is on no record`] };
  try {
    const manifest = await readManifest(path);
    const at = new Date().toISOString();
    const opening = { at, checkpoint: basename(checkpoint), sha256: sha256(await readFile(checkpoint)), ...figures };
    const openings = [...manifest.testSplit.openings, opening];
    await writeFileAtomic(path, manifestText({ ...manifest, testSplitRead: true, testSplit: { openings } }));
    const warnings = [...warningsOf(manifest, opening), ...(await rewriteReport(dirname(checkpoint)))];
    return { openings: openings.length, warnings };
  } catch (error) {
    if (!(error instanceof MpaError)) throw error;
    return { openings: 1, warnings: [`the opening of the test split is on no record: ${messageOf(error)}`] };
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
export async function openingsOf(path: string): Promise<readonly TestOpening[]> {
  return existsSync(path) ? (await readManifest(path)).testSplit.openings : [];
}

function warningsOf({ finished, testSplit: { openings } }: RunManifest, { sha256: own, index }: TestOpening): string[] {
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
