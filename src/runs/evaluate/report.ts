/** HTML report of an evaluation (`evaluate --report`). */
import { hashIndex } from "../../data/datasets.node.ts";
import { type PredictionTable, worstMistakes } from "../../evaluation/predictions.ts";
import { writeFileAtomic } from "../../platform/files.node.ts";
import { quoted } from "../../platform/quote.ts";
import { dataLabel } from "../manifest.ts";
import { evaluationReport } from "../report/evaluationReport.ts";
import { originOf } from "../report/origin.ts";
import { mistakeFaces } from "../runReport.ts";
import type { EvaluationResult } from "./evaluate.ts";
import type { EvaluateConfig } from "./options.ts";

/** Number of mistakes in the report. */
const shownMistakes = 24;

/** Writes the report. Throws WRITE. */
export async function writeEvaluationReport(
  path: string,
  { dataset, checkpoint, hardPrompt, template, reportFaces }: EvaluateConfig,
  result: EvaluationResult,
): Promise<void> {
  const mistakes = worstMistakes(predictionTable(result), shownMistakes);
  const faces = reportFaces ? await mistakeFaces(result.split, mistakes) : undefined;
  const prompt = template === undefined ? `hard prompt ${hardPrompt}` : `the template ${quoted(template)}`;
  const subject = checkpoint ?? `zero-shot with ${prompt}`;
  const { evaluation, split } = result;
  const data = dataLabel({ dataset, index: hashIndex(split) });
  // The record as `evaluate --json` writes it.
  const text = `${JSON.stringify(evaluation, null, 2)}\n`;
  const origin = originOf({ of: "EVALUATION.json", record: "the evaluation's JSON", text });
  const report = { subject, dataset, data, evaluation, mistakes: { mistakes, faces }, origin };
  await writeFileAtomic(path, evaluationReport(report));
}

/** Table of all readable images with their labels and probabilities. */
export function predictionTable({ split: { samples, classes }, scores }: EvaluationResult): PredictionTable {
  const { indices, probabilities } = scores;
  return {
    files: indices.map((i) => samples[i].file),
    labels: indices.map((i) => samples[i].label),
    classes,
    probabilities,
  };
}
