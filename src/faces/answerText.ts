/** Answers as people read them. */
import type { FacePrediction } from "./recognizer.ts";

/** The label of a face, marked where it cannot be relied on. */
export const labelText = ({ label, confident }: Pick<FacePrediction, "label" | "confident">): string =>
  confident ? label : `unsure: ${label}`;

/** The label with its probability: `happiness 93 %`, `unsure: neutral 41 %`. */
export const answerText = (face: Pick<FacePrediction, "label" | "confident" | "score">): string =>
  `${labelText(face)} ${Math.round(100 * face.score)} %`;
