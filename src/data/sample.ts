import type { GreyImage } from "../preprocess/image.ts";

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
  /** rows that the label rule dropped */
  readonly leftOut: number;
}
