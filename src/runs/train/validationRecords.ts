/** Records of a validation: confidence intervals, and the prediction for each image. */
import type { Split } from "../../data/sample.ts";
import { certainty } from "../../evaluation/certainty.ts";
import { type HeadlineIntervals, headlineIntervals } from "../../evaluation/intervals.ts";
import { predictionsCsv } from "../../evaluation/predictions.ts";
import type { Scores } from "../../method/scoring.ts";

/** Confidence intervals of a validation's accuracy and UAR. */
export function intervalsOf({ samples, classes }: Split, { indices, probabilities }: Scores): HeadlineIntervals {
  const labels = indices.map((i) => samples[i].label);
  return headlineIntervals(certainty(probabilities, labels, classes.length).predicted, labels, classes.length);
}

/** Predictions of a validation for each image, as CSV. */
export function predictionsOf({ samples, classes }: Split, { indices, probabilities }: Scores): string {
  const files = indices.map((i) => samples[i].file);
  const labels = indices.map((i) => samples[i].label);
  return predictionsCsv({ files, labels, classes, probabilities });
}
