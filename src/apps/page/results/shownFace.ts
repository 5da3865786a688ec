/** A face as the page shows it. */
import type { FacePrediction } from "../../../faces/recognizer.ts";
import type { TrackedFace } from "../../../faces/smooth.ts";

/** A face of a picture or, with the number of its track, of a camera. */
export type ShownFace = FacePrediction & Partial<Pick<TrackedFace, "track">>;

/** Number of a face for people, from 1: that of its track, or its position. */
export const numberOf = (face: ShownFace, index: number): number => face.track ?? index + 1;

/** Probability of each class, in the order of the class list; object keys that look like integers would lose that order. */
export const probabilitiesOf = (
  { probabilities }: Pick<FacePrediction, "probabilities">,
  classes: readonly string[],
): readonly (readonly [name: string, share: number])[] => classes.map((name) => [name, probabilities[name] ?? 0]);

/** The most probable classes, in descending order of probability. */
export const mostProbable = (
  face: Pick<FacePrediction, "probabilities">,
  classes: readonly string[],
  count: number,
): readonly (readonly [name: string, share: number])[] =>
  [...probabilitiesOf(face, classes)].sort(([, a], [, b]) => b - a).slice(0, count);

/** "93 %". */
export const percentText = (share: number): string => `${Math.round(100 * share)} %`;
