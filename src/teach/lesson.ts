/** What is taught: classes, a few faces of each, and which of them are set aside. */

import type { Sample, Split, SplitName } from "../data/sample.ts";
import { epochOrder } from "../data/selection.ts";
import { MpaError } from "../errors.ts";
import type { Images } from "../experiment/images.ts";
import { loadBatches } from "../preprocess/batchLoader.ts";
import type { ClipPreprocess } from "../preprocess/clipConfig.ts";
import type { RgbImage } from "../preprocess/image.ts";

/** A face and the class that it shows. */
export interface LabelledFace {
  /** index into the classes */
  readonly label: number;
  /** an aligned face, of any size */
  readonly image: RgbImage;
}

/** Classes and faces to learn from; the seed decides which are set aside, the order and the first prompts. */
export interface Lesson {
  readonly classes: readonly string[];
  readonly faces: readonly LabelledFace[];
  readonly seed: number;
}

/** Every class keeps at least one face to learn from and has one set aside. */
export const leastFaces = 2;

/** Throws DATASET, in words for whoever teaches. */
export function checkLesson({ classes, faces }: Lesson): void {
  if (classes.length < 2)
    throw new MpaError("DATASET", "one class leaves nothing to tell apart", undefined, "add another");
  const repeated = classes.find((name, i) => classes.indexOf(name) !== i);
  if (repeated !== undefined)
    throw new MpaError("DATASET", `two classes are called ${repeated}`, undefined, "rename one");
  for (const [label, name] of classes.entries()) {
    if (name.trim() === "") throw new MpaError("DATASET", "a class has no name", undefined, "name it");
    const count = faces.filter((face) => face.label === label).length;
    if (count >= leastFaces) continue;
    throw new MpaError(
      "DATASET",
      `the class ${name} has ${count} of at least ${leastFaces} faces`,
      undefined,
      "add some",
    );
  }
}

/** Of each class every fourth face, and at least one, is set aside: places in `faces`, drawn by the seed. */
export function setAside({ classes, faces, seed }: Lesson): ReadonlySet<number> {
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
