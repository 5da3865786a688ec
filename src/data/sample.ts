import type { GreyImage } from "../pictures/image.ts";

/** Box in pixels of the source image; left and top are inclusive, right and bottom exclusive. */
export type PixelBox = readonly [left: number, top: number, right: number, bottom: number];

/** One labelled image. */
export interface Sample {
  /** path relative to the split's root, with forward slashes */
  readonly file: string;
  /** index into the split's classes */
  readonly label: number;
  /** soft target over the classes, [C], non-negative and of sum 1; absent for hard labels */
  readonly target?: readonly number[];
  /** face box; absent if the face fills the image */
  readonly box?: PixelBox;
  /** the image itself if the label file contains it; `file` is only its name then */
  readonly grey?: GreyImage;
  /** code of the depicted person, unique in the data set; absent if the data set does not name persons */
  readonly person?: string;
}

export const splitNames = ["train", "valid", "test"] as const;
/** Name of a split. */
export type SplitName = (typeof splitNames)[number];

/** A split with its samples in file order; images are opened only when they are decoded. */
export interface Split {
  readonly name: SplitName;
  /** folder that `Sample.file` is relative to */
  readonly root: string;
  /** subfolder whose images a label file lists; absent without a label file */
  readonly listedIn?: string;
  /** class names in logit order */
  readonly classes: readonly string[];
  readonly samples: readonly Sample[];
  /** number of rows without a class or without a label under the label rule */
  readonly leftOut: number;
  /** the same by reason, such as "contempt" or "unknown"; absent if there are none */
  readonly leftOutBy?: Readonly<Record<string, number>>;
  /** counts of the split's files that are not readable images, by kind; absent if there are none */
  readonly passedOver?: Readonly<Record<string, number>>;
}

/**
 * The eight expressions in FER+ column order, which is the order of its votes and of logits (docs/method.md, Text features).
 * Prompts use these names unchanged.
 */
export const ferClasses = [
  "neutral",
  "happiness",
  "surprise",
  "sadness",
  "anger",
  "disgust",
  "fear",
  "contempt",
] as const;

export type FerClass = (typeof ferClasses)[number];

/** Splits on which the best epoch can be selected; `test` only under the paper's protocol. */
export const selectionSplits = ["valid", "test"] as const satisfies readonly SplitName[];
export type SelectionSplit = (typeof selectionSplits)[number];

export const selectionSplit = (paperProtocol: boolean): SelectionSplit => (paperProtocol ? "test" : "valid");

/** Caveat that accompanies every figure of the paper's protocol, in output, records and reports. */
export const paperProtocolLabel = "paper protocol: the best epoch was chosen on the test split itself";

/** Caveat for an epoch selected on this split; undefined for validation. */
export const selectionLabel = (selection: SelectionSplit): string | undefined =>
  selection === "test" ? paperProtocolLabel : undefined;
