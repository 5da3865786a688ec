/** A few faces of each class to teach: the set, its check, and the faces that are held out to score what was learned. */

import type { ClipPreprocess } from "../clip/preprocess.ts";
import { type Images, loadBatches } from "../data/batches.ts";
import { checkClassNames } from "../data/classNames.ts";
import { epochOrder } from "../data/order.ts";
import type { Sample, Split, SplitName } from "../data/sample.ts";
import type { RgbImage } from "../pictures/image.ts";
import { MpaError } from "../platform/errors.ts";

/** A face and the class that it shows. */
export interface LabelledFace {
  /** index into the classes */
  readonly label: number;
  /** an aligned face, of any size */
  readonly image: RgbImage;
}

/** Classes and faces to learn from; the seed decides which are held out, the order and the first prompts. */
export interface FewShotSet {
  readonly classes: readonly string[];
  readonly faces: readonly LabelledFace[];
  readonly seed: number;
}

/** Of each class: at least one face is learned from, and one held out. */
const minFaces = 2;

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

/** Of each class a quarter of the faces, and at least one, is held out: places in `faces`, drawn by the seed. */
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
