import { answerText } from "../../../faces/answerText.ts";
import type { FacePrediction } from "../../../faces/recognizer.ts";

/** Faces of a picture in one sentence, for readers who do not see the boxes. */
export function summary(faces: readonly FacePrediction[]): string {
  if (faces.length === 0) return "no face was found.";
  const each = faces.map(answerText);
  return `${faces.length === 1 ? "1 face" : `${faces.length} faces`}: ${each.join(", ")}.`;
}
