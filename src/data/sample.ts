import type { GreyImage } from "../pictures/image.ts";

/** Pixels of the source image: left and top belong to the box, right and bottom do not. */
export type PixelBox = readonly [left: number, top: number, right: number, bottom: number];

/** One labelled image. */
export interface Sample {
  /** path relative to the split's root, with forward slashes */
  readonly file: string;
  /** index into the split's classes */
  readonly label: number;
  /** soft target over the classes, [C], non-negative and of sum 1; absent where the label is hard */
  readonly target?: readonly number[];
  /** the face in the image; absent where the whole image is the face */
  readonly box?: PixelBox;
  /** the picture itself, where it lies in the label file; `file` is then only its name */
  readonly grey?: GreyImage;
}

export const splitNames = ["train", "valid", "test"] as const;
/** One of the three parts of a data set. */
export type SplitName = (typeof splitNames)[number];

/** All samples of one split in file order. Images are not opened before they are decoded. */
export interface Split {
  readonly name: SplitName;
  /** the folder that `Sample.file` starts from */
  readonly root: string;
  /** the folder below the root whose pictures a label file names; absent where no file names them */
  readonly listedIn?: string;
  /** class names in logit order */
  readonly classes: readonly string[];
  readonly samples: readonly Sample[];
  /** rows that have no class, or that the label rule dropped */
  readonly leftOut: number;
  /** the same by what they are: "contempt", "unknown"; absent where there are none */
  readonly leftOutBy?: Readonly<Record<string, number>>;
  /** files in the folders of the split that are no pictures that are read here, by kind; absent where there are none */
  readonly passedOver?: Readonly<Record<string, number>>;
}

/**
 * The eight expressions in FER+ column order, which is the order of its votes and of logits (docs/method.md, Text features).
 * A prompt uses these names as they stand.
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

/* On which images the best epoch is chosen; what that makes of its figure is said wherever the figure stands. */

/** `valid` unless the paper's protocol was asked for. */
export const selectionSplits = ["valid", "test"] as const satisfies readonly SplitName[];
export type SelectionSplit = (typeof selectionSplits)[number];

export const selectionSplit = (paperProtocol: boolean): SelectionSplit => (paperProtocol ? "test" : "valid");

/** What stands beside a figure of the paper's protocol: on the console, in `run.json`, in tables and reports. */
export const paperProtocolLabel = "paper protocol: the best epoch was chosen on the test split itself";

/** The label of a run whose epoch was chosen on this split; nothing for validation. */
export const selectionLabel = (selection: SelectionSplit): string | undefined =>
  selection === "test" ? paperProtocolLabel : undefined;
