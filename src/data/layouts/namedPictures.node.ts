/** Data sets whose file names carry the person and the label. */
import { posix } from "node:path";
import { countByName } from "../../platform/counts.ts";
import { type LabelledSource, notRead, picturesIn, requireSamples } from "../dataset.node.ts";
import type { Sample } from "../sample.ts";
import { drawnSplit } from "./drawnSplit.ts";

/** Content of a file name. */
export interface NameReading {
  readonly person: string;
  /** index of the class, or the reason why the image is left out */
  readonly label: number | string;
}

/** A data set of that kind. */
export interface NamedPictures {
  readonly name: string;
  readonly classes: readonly string[];
  /** Parses a file name; undefined if it does not follow the data set's convention. */
  parse(name: string): NameReading | undefined;
}

/** Source of the images in a folder and its subfolders. It has no splits of its own: every fifth person is for testing. */
export const namedPictures = ({ name, classes, parse }: NamedPictures): LabelledSource => ({
  name,
  splits: ["train", "test"],
  async load(root, split) {
    const { pictures, passedOver } = await picturesIn(root);
    const readings = pictures.map((file) => ({ file, reading: parse(posix.basename(file)) }));
    const named = readings.flatMap(({ file, reading }) => (reading === undefined ? [] : [{ file, ...reading }]));
    const inSplit = drawnSplit(named, split, ({ person }) => person);
    const samples = inSplit.flatMap(({ file, person, label }): Sample[] =>
      typeof label === "number" ? [{ file, label, person }] : [],
    );
    const reasons = inSplit.flatMap(({ label }) => (typeof label === "string" ? [{ name: label }] : []));
    const others = pictures.length - named.length;
    const counts = {
      leftOutBy: countByName(reasons),
      passedOver: { ...passedOver, "picture without a label in its name": others },
    };
    const fix = "point --data at the folder with the data set's images, under their own names";
    return requireSamples({ name: split, root, classes, samples, ...notRead(counts) }, root, fix);
  },
});
