/** What is recorded of a validation besides its scores. */
import { certainty } from "../evaluation/certainty.ts";
import { type HeadlineIntervals, headlineIntervals } from "../evaluation/intervals.ts";
import { predictionsCsv } from "../evaluation/predictionsCsv.ts";
import type { OpenRun } from "./openRun.ts";
import type { ValidationResult } from "./validator.ts";

/** How sure the headline figures are; undefined where nothing was validated. */
export function validationIntervals(
  { valid }: OpenRun,
  result: ValidationResult | undefined,
): HeadlineIntervals | undefined {
  if (result === undefined) return undefined;
  const { samples, classes } = valid.split;
  const { indices, probabilities } = result.scores;
  const labels = indices.map((i) => samples[i].label);
  return headlineIntervals(certainty(probabilities, labels, classes.length).predicted, labels, classes.length);
}

/** The answers, image by image, as CSV. */
export function validationPredictions({ valid }: OpenRun, result: ValidationResult | undefined): string {
  const { samples, classes } = valid.split;
  const { indices, probabilities } = result?.scores ?? { indices: [], probabilities: new Float32Array() };
  const files = indices.map((i) => samples[i].file);
  const labels = indices.map((i) => samples[i].label);
  return predictionsCsv({ files, labels, classes, probabilities });
}
