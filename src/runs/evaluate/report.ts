/** Writes the page that `evaluate --report` asks for. */

import { type PredictionTable, worstMistakes } from "../../evaluation/predictions.ts";
import { writeFileAtomic } from "../../platform/files.node.ts";
import { evaluationReport } from "../report/evaluationReport.ts";
import { mistakeFaces } from "../runReport.ts";
import type { EvaluationResult } from "./evaluate.ts";
import type { EvaluateConfig } from "./options.ts";

const shownMistakes = 24;

/** Throws WRITE. */
export async function writeEvaluationReport(
  path: string,
  { dataset, checkpoint, hardPrompt, reportFaces }: EvaluateConfig,
  result: EvaluationResult,
): Promise<void> {
  const mistakes = worstMistakes(predictionTable(result), shownMistakes);
  const faces = reportFaces ? await mistakeFaces(result.split, mistakes) : undefined;
  const subject = checkpoint ?? `zero-shot with hard prompt ${hardPrompt}`;
  const { evaluation } = result;
  await writeFileAtomic(path, evaluationReport({ subject, dataset, evaluation, mistakes: { mistakes, faces } }));
}

/** Every readable image with its label and probabilities. */
export function predictionTable({ split: { samples, classes }, scores }: EvaluationResult): PredictionTable {
  const { indices, probabilities } = scores;
  return {
    files: indices.map((i) => samples[i].file),
    labels: indices.map((i) => samples[i].label),
    classes,
    probabilities,
  };
}
