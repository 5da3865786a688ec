/** Few-shot training sets: validation of the set, and the faces held out to evaluate the prompts. */

import type { ClipPreprocess } from "../clip/preprocess.ts";
import { type Images, loadBatches } from "../data/batches.ts";
import { checkClassNames } from "../data/classNames.ts";
import { epochOrder } from "../data/order.ts";
import type { Sample, Split, SplitName } from "../data/sample.ts";
import type { RgbImage } from "../pictures/image.ts";
import { counted } from "../platform/counts.ts";
import { MpaError } from "../platform/errors.ts";

/** A face with its class label. */
export interface LabelledFace {
  /** index into the classes */
  readonly label: number;
  /** aligned face of any size */
  readonly image: RgbImage;
}

/** Classes and labelled faces. The seed determines the held-out faces, the training order and the initial prompts. */
export interface FewShotSet {
  readonly classes: readonly string[];
  readonly faces: readonly LabelledFace[];
  readonly seed: number;
}

/** Minimum faces per class: one to train on and one held out. */
const minFaces = 2;

/** Throws DATASET for fewer than two classes, duplicate or empty class names, or a class with too few faces. */
export function checkFewShotSet({
  classes,
  faces,
}: {
  readonly classes: readonly string[];
  readonly faces: readonly Pick<LabelledFace, "label">[];
}): void {
  if (classes.length < 2)
    throw new MpaError("DATASET", "one class leaves nothing to tell apart", { fix: "add another" });
  const repeated = classes.find((name, i) => classes.indexOf(name) !== i);
  if (repeated !== undefined)
    throw new MpaError("DATASET", `two classes are called ${repeated}`, { fix: "rename one" });
  for (const [label, name] of classes.entries()) {
    if (name.trim() === "") throw new MpaError("DATASET", "a class has no name", { fix: "name it" });
    const count = faces.filter((face) => face.label === label).length;
    if (count >= minFaces) continue;
    throw new MpaError("DATASET", `the class ${name} has ${count} of at least ${counted(minFaces, "face")}`, {
      fix: "add some",
    });
  }
  checkClassNames(classes, "DATASET");
}

/** Indices of the held-out faces: a quarter of each class, at least one, drawn by the seed. */
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

/** Wraps faces in memory as a split of images. */
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
