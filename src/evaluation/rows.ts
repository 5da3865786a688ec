/** Rows, headings and lines of figures, as the console, reports and model cards show them. */
import { counted, namedCountsText, numberText } from "../platform/counts.ts";
import type { DistributionFigures } from "./distributions.ts";
import type { HeadlineIntervals, Interval } from "./intervals.ts";
import type { Metrics } from "./metrics.ts";
import type { Slice } from "./slices.ts";

/** A share as a percentage: 0.7395 → "73.95 %". */
export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** An interval as percentages: [0.72, 0.75] → "72.00 % – 75.00 %". */
export const percentRange = ([low, high]: Interval): string => `${percent(low)} – ${percent(high)}`;

/** Name of the method of the headline intervals: "95 % bootstrap interval (UAR: Wilson)". */
export function intervalKind({ method }: Pick<HeadlineIntervals, "method"> = {}): string {
  const wilson = [...(method?.accuracy === "Wilson" ? ["accuracy"] : []), ...(method?.uar === "Wilson" ? ["UAR"] : [])];
  if (wilson.length === 2) return "95 % Wilson interval";
  return `95 % bootstrap interval${wilson.length === 1 ? ` (${wilson[0]}: Wilson)` : ""}`;
}

/** Epoch number for texts, which count from 1; records count from 0. */
export const epochNumber = (epoch: number): number => epoch + 1;

/** Column headings of `classRows`. */
export const classHeads = ["class", "recall", "precision", "F1", "images"] as const;

/** Table rows of the class metrics, one per class in the order of `classes`. */
export const classRows = ({ classes, perClass }: Pick<Metrics, "classes" | "perClass">): string[][] =>
  classes.map((name) => {
    const { recall, precision, f1, support } = perClass[name];
    return [name, percent(recall), percent(precision), percent(f1), numberText(support)];
  });

/** Column headings of `sliceRows`. */
export const sliceHeads = ["group", "images", "accuracy", "95 % interval"] as const;

/** Table rows of a slice, one per group; – for groups that are too small. */
export const sliceRows = ({ groups }: Slice): string[][] =>
  groups.map(({ value, n, accuracy, interval }) => [
    value,
    numberText(n),
    accuracy === undefined ? "–" : percent(accuracy),
    interval === undefined ? "–" : percentRange(interval),
  ]);

/** Lines about the agreement with label distributions; empty without any. */
export const distributionLines = (figures: DistributionFigures | undefined): string[] =>
  figures === undefined
    ? []
    : [
        `KL       ${figures.kl.toFixed(4)} nats from the votes to the prediction`,
        `soft accuracy ${percent(figures.softAccuracy)}, at most ${percent(figures.softAccuracyBound)}: share of the votes for the prediction`,
      ];

/** Images and classes that are in no metric because the classes of model and data differ. */
export interface MappedFigures {
  /** images of classes that the model does not know */
  readonly unmapped?: number;
  /** the same by class */
  readonly unmappedClasses?: Readonly<Record<string, number>>;
  /** classes of the model that the data lacks */
  readonly absentClasses?: readonly string[];
}

/** Lines about images of classes that the model lacks and about classes that the data lacks; empty if there are none. */
export const mapLines = ({ unmapped = 0, unmappedClasses = {}, absentClasses = [] }: MappedFigures): string[] => [
  ...(unmapped > 0
    ? [
        `left out, for the model does not know their class: ${counted(unmapped, "image")} (${namedCountsText(unmappedClasses)})`,
      ]
    : []),
  ...(absentClasses.length > 0 ? [`classes of the model that the data lacks: ${absentClasses.join(", ")}`] : []),
];
