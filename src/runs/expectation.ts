/** Arithmetic of what a training takes: the steps, validations and features that are left, and their seconds. */
import type { Progress } from "../method/fit.ts";

/** Amounts of a training. */
export interface Amounts {
  /** training images per epoch */
  readonly images: number;
  readonly epochs: number;
  /** images per step, at most `images` */
  readonly batchSize: number;
  /** steps of the whole training */
  readonly steps: number;
  /** images scored after each epoch */
  readonly validImages: number;
  /** images whose frozen features are computed before the first step, for prototypes or in place of pixels */
  readonly featureImages: number;
}

/** Progress of a training that was started earlier. */
export type Done = Pick<Progress, "step" | "epoch" | "images">;

/** Progress of a new training. */
export const nothingDone: Done = { step: 0, epoch: 0, images: 0 };

/** What a training has still to do. */
export interface Left {
  readonly steps: number;
  /** training images of these steps */
  readonly images: number;
  readonly validations: number;
}

/** The steps, images and validations left of a training. */
export function left(amounts: Pick<Amounts, "images" | "batchSize" | "steps">, done: Done): Left {
  const { images, batchSize, steps } = amounts;
  const perEpoch = Math.ceil(images / batchSize);
  const wholeEpochs = Math.floor(steps / perEpoch);
  const all = wholeEpochs * images + (steps - wholeEpochs * perEpoch) * batchSize;
  return {
    steps: Math.max(0, steps - done.step),
    images: Math.max(0, all - done.epoch * images - done.images),
    validations: Math.max(0, Math.ceil(steps / perEpoch) - done.epoch),
  };
}

/** Measured rates of a training. */
export interface Rates {
  /** seconds per step of a whole batch, with reading and augmenting its images */
  readonly stepSeconds: number;
  /** seconds to read an image and run the image encoder forward */
  readonly imageSeconds: number;
  /** number of timed steps */
  readonly timedSteps: number;
}

/** Expected seconds of a training by part. */
export interface ExpectedSeconds {
  /** frozen features, before the first step */
  readonly features: number;
  readonly steps: number;
  readonly validation: number;
  readonly total: number;
}

/** Expected seconds of what is left. `scored` is false if validation runs on frozen features, whose time is negligible. */
export function expectedSeconds(amounts: Amounts, rest: Left, rates: Rates, scored = true): ExpectedSeconds {
  const features = amounts.featureImages * rates.imageSeconds;
  const steps = (rest.images / amounts.batchSize) * rates.stepSeconds;
  const validation = scored ? rest.validations * amounts.validImages * rates.imageSeconds : 0;
  return { features, steps, validation, total: features + steps + validation };
}

/** A cell of an ablation that has still to be trained. */
export interface PlannedCell {
  /** name of its row; cells of a row differ in their seed only */
  readonly row: string;
  /** expected seconds, if they were estimated */
  readonly seconds?: number | undefined;
}

/** Measured seconds of trained cells, by row. */
export type MeasuredCells = ReadonlyMap<string, readonly number[]>;

/**
 * Expected seconds of cells: the mean of their row's measured cells; else their estimate, corrected by the ratio of measured to estimated
 * seconds of the measured rows; else the mean of all measured cells. Undefined if a cell has none of these.
 */
export function secondsOfCells(
  cells: readonly PlannedCell[],
  measured: MeasuredCells,
  estimates: ReadonlyMap<string, number> = new Map(),
): number | undefined {
  const correction = correctionOf(measured, estimates);
  const overall = mean([...measured.values()].flat());
  let sum = 0;
  for (const { row, seconds } of cells) {
    const own = mean(measured.get(row) ?? []);
    const expected = own ?? (seconds === undefined ? overall : seconds * correction);
    if (expected === undefined) return undefined;
    sum += expected;
  }
  return sum;
}

/** Ratio of measured to estimated seconds over the measured cells that have an estimate; 1 if there are none. */
function correctionOf(measured: MeasuredCells, estimates: ReadonlyMap<string, number>): number {
  const pairs = [...measured].flatMap(([row, seconds]) => {
    const estimate = estimates.get(row);
    return estimate === undefined ? [] : seconds.map((each) => ({ each, estimate }));
  });
  const [found, expected] = [sum(pairs.map(({ each }) => each)), sum(pairs.map(({ estimate }) => estimate))];
  return found > 0 && expected > 0 ? found / expected : 1;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : sum(values) / values.length;

/** Sizes of what a run folder holds. */
export interface StoredSizes {
  /** trainable parameters */
  readonly parameters: number;
  readonly classes: number;
  /** width E of the joint space */
  readonly width: number;
  readonly hasPrototypes: boolean;
  /** steps and epochs in `metrics.jsonl` */
  readonly records: { readonly steps: number; readonly epochs: number };
  /** rows of `predictions.csv` */
  readonly validImages: number;
}

/** Approximate bytes of a run folder: checkpoints exactly but for headers, text files by typical lengths of their lines. */
export function runBytes({ parameters, classes, width, hasPrototypes, records, validImages }: StoredSizes): number {
  const checkpoint = 4 * (parameters + classes * width * (hasPrototypes ? 2 : 1));
  // The resume file holds the parameters and their momentum.
  const checkpoints = 2 * checkpoint + 8 * parameters;
  const metrics = stepLine * records.steps + (epochLine + epochClass * classes) * records.epochs;
  return checkpoints + metrics + validImages * (predictionLine + predictionClass * classes) + reportBytes;
}

/** Typical bytes of a run's text files, taken from the runs of docs/results.md. */
const [stepLine, epochLine, epochClass, predictionLine, predictionClass, reportBytes] = [
  180, 900, 230, 50, 20, 250_000,
];

/** Bytes of cached features of `images` images: a row of E values and an index each. */
export const featureBytes = (images: number, width: number): number => 4 * images * (width + 1);
