import type { LabelRule } from "./ferplusRules.ts";
import type { Split, SplitName } from "./sample.ts";

/** What a data set may be told; a source reads only what concerns it. */
export interface LoadOptions {
  /** how FER+ votes become labels; `plurality` unless set */
  readonly labelRule?: LabelRule;
  /** false: all training images, also those that would be held out for validation */
  readonly holdOut?: boolean;
}

/** What training on a data set starts from where the user says nothing. */
export interface TrainingDefaults {
  readonly epochs?: number;
  /** name of a sampler */
  readonly sampler?: string;
}

/**
 * One kind of data set: a layout on disk turned into samples.
 *
 * `load` reads label files and folder listings only. It fails with `DATASET` where the layout, a row or a class is
 * wrong, and names the file and line.
 */
export interface LabelledSource {
  readonly name: string;
  /** those that lie on disk, where not all three do; `load` is asked for no other */
  readonly splits?: readonly SplitName[];
  /** what training on it starts from where nothing else is said */
  readonly defaults?: TrainingDefaults;
  /** The samples of one split, in file order. */
  load(root: string, split: SplitName, options: LoadOptions): Promise<Split>;
}
