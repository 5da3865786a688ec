/** Figures of a variant on halves of the sets, and the choice of a variant on one half. */

import { ferClasses } from "../../src/data/sample.ts";
import { calibrationError, fitTemperature, reliability, withTemperature } from "../../src/evaluation/calibration.ts";
import { certainty } from "../../src/evaluation/certainty.ts";
import type { FaceSet } from "./faceSets.ts";
import type { Answers } from "./reads.ts";

/** Accuracy, mean recall and expected calibration error, as shares. */
export interface Figures {
  readonly images: number;
  readonly accuracy: number;
  /** mean recall: of all classes on validation faces, of the five with 50 images and more on news faces */
  readonly uar: number;
  readonly ece: number;
}

/** A variant with its answers to each set, by the set's name. */
export interface Variant {
  readonly name: string;
  readonly answers: Readonly<Record<string, Answers>>;
}

/** Indices of a set's faces that are measured, in one half or both. News faces are measured over seven classes. */
export function chosenFaces(set: FaceSet, half?: 0 | 1): number[] {
  const contempt = ferClasses.length - 1;
  return [...set.faces.keys()].filter(
    (i) =>
      (half === undefined || set.faces[i].half === half) && !(set.name === "news" && set.faces[i].label === contempt),
  );
}

/** Figures of answers at a temperature. A missed face counts as wrong. */
export function figuresOf(set: FaceSet, answers: Answers, temperature: number, half?: 0 | 1): Figures {
  const found = certaintyOf(set, answers, temperature, half);
  const missed = set.missed.filter((face) => half === undefined || face.half === half).length;
  const measured = set.name === "news" ? 5 : ferClasses.length;
  const recalls = Array.from({ length: measured }, (_, c) => {
    const own = found.labels.flatMap((label, row) => (label === c ? [found.isRight[row]] : []));
    return own.filter(Boolean).length / own.length;
  });
  const right = found.isRight.filter(Boolean).length;
  return {
    images: found.labels.length + missed,
    accuracy: right / (found.labels.length + missed),
    uar: recalls.reduce((sum, value) => sum + value, 0) / measured,
    ece: calibrationError(reliability(found.confidence, found.isRight)),
  };
}

/** Labels, confidence and correctness of the measured faces. */
export function certaintyOf(set: FaceSet, answers: Answers, temperature: number, half?: 0 | 1) {
  const rows = chosenFaces(set, half);
  const labels = rows.map((i) => set.faces[i].label);
  const classes = ferClasses.length;
  const flat = Float32Array.from(rows.flatMap((i) => [...answers[i]]));
  return { ...certainty(withTemperature(flat, classes, temperature), labels, classes), labels };
}

/** The temperature with the least mean −log p over one half of all sets, each set counted alike. */
export function temperatureOn(sets: readonly FaceSet[], { answers }: Variant, half?: 0 | 1): number {
  const fits = sets.map((set) => {
    const rows = chosenFaces(set, half);
    const flat = Float32Array.from(rows.flatMap((i) => [...answers[set.name][i]]));
    return fitTemperature(
      flat,
      rows.map((i) => set.faces[i].label),
      ferClasses.length,
    ).fitted;
  });
  return Math.exp(fits.reduce((sum, value) => sum + Math.log(value), 0) / fits.length);
}

/**
 * The variant with the highest mean of accuracy and mean recall over the sets on one half, among those that are at least as
 * accurate as `reference` on every set there.
 */
export function choose(
  sets: readonly FaceSet[],
  variants: readonly Variant[],
  reference: Variant,
  half?: 0 | 1,
): Variant {
  const [best = reference] = ranked(sets, variants, reference, {
    ...{ mostLost: 0, half },
    score: ({ accuracy, uar }) => accuracy + uar,
  });
  return best;
}

/** The variant with the highest mean recall over the sets on one half or both, among those that lose at most `mostLost` accuracy on each. */
export function chooseByRecall<V extends Variant>(
  sets: readonly FaceSet[],
  variants: readonly V[],
  reference: Variant,
  mostLost: number,
  half?: 0 | 1,
): V {
  return ranked(sets, variants, reference, { mostLost, half, score: ({ uar }) => uar })[0];
}

interface Rule {
  /** accuracy that a variant may lose against the reference on each set */
  readonly mostLost: number;
  readonly half: 0 | 1 | undefined;
  /** of one set; the scores of all sets are summed */
  score(figures: Figures): number;
}

/** The variants that lose no more than the rule allows, the best first. */
function ranked<V extends Variant>(
  sets: readonly FaceSet[],
  variants: readonly V[],
  reference: Variant,
  { mostLost, half, score }: Rule,
): V[] {
  const figures = (variant: Variant) => sets.map((set) => figuresOf(set, variant.answers[set.name], 1, half));
  const own = figures(reference);
  return variants
    .map((variant) => ({ variant, found: figures(variant) }))
    .filter(({ found }) => found.every(({ accuracy }, i) => accuracy >= own[i].accuracy - mostLost))
    .map(({ variant, found }) => ({ variant, total: found.reduce((sum, each) => sum + score(each), 0) }))
    .sort((a, b) => b.total - a.total)
    .map(({ variant }) => variant);
}
