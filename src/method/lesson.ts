/** What is taught: classes, a few faces of each, and which of them are set aside. */

import { z } from "zod";
import type { ClipPreprocess } from "../clip/preprocess.ts";
import { type Images, loadBatches } from "../data/batches.ts";
import { checkClassNames } from "../data/classNames.ts";
import { epochOrder } from "../data/order.ts";
import type { Sample, Split, SplitName } from "../data/sample.ts";
import type { RgbImage } from "../pictures/image.ts";
import { MpaError } from "../platform/errors.ts";
import { type Descriptions, haveDescriptions } from "./hardPrompts.ts";
import { batchOptions, learningOptions, lossOptions, promptOptions } from "./options.ts";
import type { SetupConfig } from "./setup.ts";
import { resolveParts } from "./variants.ts";

/** A face and the class that it shows. */
export interface LabelledFace {
  /** index into the classes */
  readonly label: number;
  /** an aligned face, of any size */
  readonly image: RgbImage;
}

/** Classes and faces to learn from; the seed decides which are set aside, the order and the first prompts. */
export interface FewShotSet {
  readonly classes: readonly string[];
  readonly faces: readonly LabelledFace[];
  readonly seed: number;
}

/** Every class keeps at least one face to learn from and has one set aside. */
export const minFaces = 2;

/** Throws DATASET, in words for whoever teaches. */
export function checkFewShotSet({ classes, faces }: FewShotSet): void {
  if (classes.length < 2)
    throw new MpaError("DATASET", "one class leaves nothing to tell apart", { fix: "add another" });
  const repeated = classes.find((name, i) => classes.indexOf(name) !== i);
  if (repeated !== undefined)
    throw new MpaError("DATASET", `two classes are called ${repeated}`, { fix: "rename one" });
  for (const [label, name] of classes.entries()) {
    if (name.trim() === "") throw new MpaError("DATASET", "a class has no name", { fix: "name it" });
    const count = faces.filter((face) => face.label === label).length;
    if (count >= minFaces) continue;
    throw new MpaError("DATASET", `the class ${name} has ${count} of at least ${minFaces} faces`, {
      fix: "add some",
    });
  }
  checkClassNames(classes, "DATASET");
}

/** Of each class every fourth face, and at least one, is set aside: places in `faces`, drawn by the seed. */
export function holdOutFaces({ classes, faces, seed }: FewShotSet): ReadonlySet<number> {
  const order = epochOrder({ size: faces.length, seed, epoch: 0, shuffle: true });
  const ofClass = (label: number) => order.filter((i) => faces[i].label === label);
  return new Set(
    classes.flatMap((_, label) => {
      const own = ofClass(label);
      return own.slice(0, Math.max(1, Math.floor(own.length / 4)));
    }),
  );
}

/** Faces in memory as a split of images. */
export function facesAsImages(
  name: SplitName,
  classes: readonly string[],
  faces: readonly LabelledFace[],
  { preprocess, signal }: { readonly preprocess: ClipPreprocess; readonly signal?: AbortSignal },
): Images {
  const samples: readonly Sample[] = faces.map(({ label }, i) => ({ file: String(i), label }));
  const split: Split = { name, root: "", classes, samples, leftOut: 0 };
  const read = async ({ file }: Sample) => faces[Number(file)].image;
  return { split, batches: (pass) => loadBatches({ samples, read, preprocess, signal, ...pass }) };
}

/* How is taught: the options of `train` that make sense for a few faces, with their defaults from the same place. */

/** Few faces are seen often: 40 passes over 24 faces are 40 steps. */
export const defaultEpochs = 40;

const { hardPrompt: _hardPrompt, descriptions: _descriptions, ...prompts } = promptOptions;
const schema = z.object({ ...prompts, ...lossOptions, ...batchOptions, ...learningOptions });

export interface TeachConfig extends SetupConfig {
  readonly epochs: number;
  readonly lr: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly schedule: "cosine" | "constant";
  readonly sampler: "uniform";
}

/** The whole method with the paper's settings; hard prompts have descriptions where every class has one. */
export function teachConfig(
  classes: readonly string[],
  seed: number,
  descriptions: Descriptions,
  given: { readonly epochs?: number } = {},
): TeachConfig {
  const options = schema.parse({});
  const { topK, ...parts } = resolveParts(options);
  return {
    ...options,
    ...parts,
    topK,
    epochs: given.epochs ?? defaultEpochs,
    hardPrompt: haveDescriptions(classes, descriptions) ? 3 : 2,
    seed,
    augment: "paper",
    shuffle: true,
    sampler: "uniform",
  };
}
