import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseCsv } from "../../platform/csv.ts";
import { excerpt, MpaError, messageOf } from "../../platform/errors.ts";
import { isErrno, readBytes } from "../../platform/files.node.ts";
import { filesIn, type LabelledSource, sumCounts } from "../dataset.node.ts";
import { affectnetClasses } from "../expressionNames.ts";
import { labelLines } from "../labelFile.node.ts";
import { imageRoot } from "../missingImages.node.ts";
import { npyScalar } from "../npy.ts";
import type { PixelBox, Sample, Split, SplitName } from "../sample.ts";

/** Labels after the classes; their images are left out (docs/datasets.md). */
const withoutClass: readonly string[] = ["none", "uncertain", "no face"];
const lastNumber = affectnetClasses.length + withoutClass.length - 1;

/**
 * AffectNet: the CSV release (`training.csv` and `validation.csv`, at the top or in `Manually_Annotated_file_lists/`), or the
 * newer `train_set|val_set/{images,annotations}` with `N_exp.npy`. Its validation set is the `test` split here, since results
 * are reported on it. `affectnet-7` leaves out contempt. The defaults are the paper's epochs (section 4) and a balanced
 * sampler (docs/datasets.md).
 */
const affectnet = (count: 7 | 8): LabelledSource => ({
  name: `affectnet-${count}`,
  splits: ["train", "test"],
  defaults: { epochs: 20, sampler: "balanced" },
  async load(root, split) {
    const { root: base, rows, listedIn, unlabelled, passedOver } = await readRows(root, split);
    const samples = rows.flatMap(({ number, ...sample }) => (number < count ? [{ ...sample, label: number }] : []));
    if (samples.length === 0) {
      throw new MpaError("DATASET", `the ${split} split has no image of a class`, {
        where: root,
        fix: "restore the data set's files",
      });
    }
    const outside = rows.filter(({ number }) => number >= count).map(({ number }) => ({ [nameOf(number)]: 1 }));
    const leftOutBy = sumCounts([...outside, ...(unlabelled > 0 ? [{ "without a label": unlabelled }] : [])]);
    const leftOut = outside.length + unlabelled;
    return {
      ...{ name: split, root: base, listedIn, classes: affectnetClasses.slice(0, count), samples, leftOut },
      ...(leftOut > 0 && { leftOutBy }),
      ...(passedOver > 0 && { passedOver: { "other file": passedOver } }),
    };
  },
});

export const affectnet7 = affectnet(7);
export const affectnet8 = affectnet(8);

const nameOf = (number: number): string => [...affectnetClasses, ...withoutClass][number];

type Row = Omit<Sample, "label"> & { readonly number: number };

interface Rows extends Pick<Split, "root" | "listedIn"> {
  readonly rows: readonly Row[];
  /** number of images without a label */
  readonly unlabelled: number;
  /** number of other files beside the images */
  readonly passedOver: number;
}

async function readRows(root: string, split: SplitName): Promise<Rows> {
  const set = split === "train" ? "train_set" : "val_set";
  if (existsSync(join(root, set))) return await readAnnotations(root, set);
  const list = split === "train" ? "training.csv" : "validation.csv";
  const file = [join(root, list), join(root, "Manually_Annotated_file_lists", list)].find(existsSync);
  if (file !== undefined) return await readCsv(root, file);
  const what = `neither ${set}/ nor ${list} (at the top or in Manually_Annotated_file_lists/) is there`;
  throw new MpaError("DATASET", what, { where: root, fix: "point --data at the folder that holds one of them" });
}

/** Number of files that are read concurrently. */
const together = 64;

/** Pairs images and labels by number. A label without an image has a row too, so that the image counts as missing. */
async function readAnnotations(root: string, set: string): Promise<Rows> {
  const files = await filesIn(join(root, set, "images"));
  const images = new Map(
    files.filter((file) => /^\d+\.(jpe?g|png)$/i.test(file)).map((file) => [numberOf(file), file]),
  );
  const labels = await filesIn(join(root, set, "annotations"));
  const labelled = labels.filter((file) => /^\d+_exp\.npy$/.test(file)).map(numberOf);
  const numbers = [...new Set([...images.keys(), ...labelled])].sort((a, b) => a - b);
  const rows: Row[] = [];
  for (let from = 0; from < numbers.length; from += together) {
    const part = numbers.slice(from, from + together).map(async (place): Promise<Row[]> => {
      const number = await readLabel(join(root, set, "annotations", `${place}_exp.npy`));
      const file = `${set}/images/${images.get(place) ?? `${place}.jpg`}`;
      return number === undefined ? [] : [{ file, number }];
    });
    rows.push(...(await Promise.all(part)).flat());
  }
  const unlabelled = numbers.length - rows.length;
  return { root, rows, unlabelled, passedOver: files.length - images.size };
}

const numberOf = (file: string): number => Number.parseInt(file, 10);

/** Maximum bytes of a NumPy file with one value. */
const maxNpyBytes = 4096;

/** Reads a label; undefined if the file is missing. Throws DATASET if it is unreadable or not a valid label. */
async function readLabel(path: string): Promise<number | undefined> {
  try {
    return checked(npyScalar(await readBytes(path, { max: maxNpyBytes }), path), path);
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return undefined;
    if (cause instanceof MpaError) throw cause;
    const what = `the label of an image cannot be read (${messageOf(cause)})`;
    throw new MpaError("DATASET", what, { where: path, fix: "restore the file", cause });
  }
}

const columns = ["subDirectory_filePath", "face_x", "face_y", "face_width", "face_height", "expression"] as const;
/** Folders of the listed images in the releases. */
const imageFolders = ["Manually_Annotated_Images", "Manually_Annotated/Manually_Annotated_Images", "."];

async function readCsv(root: string, list: string): Promise<Rows> {
  const rows: Row[] = [];
  let places: readonly number[] | undefined;
  for await (const { line, text } of labelLines(list)) {
    const [row] = parseCsv(text, list, line);
    const cells = row?.cells.map((cell) => cell.trim()) ?? [];
    if (places === undefined) places = placesOf(cells, `${list}:${line}`);
    else
      rows.push(
        rowOf(
          places.map((place) => cells[place] ?? ""),
          `${list}:${line}`,
        ),
      );
  }
  const files = rows.map(({ file }) => file);
  return { root: await imageRoot(root, imageFolders, files), listedIn: ".", rows, unlabelled: 0, passedOver: 0 };
}

function placesOf(names: readonly string[], where: string): number[] {
  const missing = columns.find((name) => !names.includes(name));
  if (missing === undefined) return columns.map((name) => names.indexOf(name));
  const what = `the column ${missing} is missing, there are ${excerpt(names.join(", "))}`;
  throw new MpaError("DATASET", what, { where, fix: "restore the file's first line" });
}

function rowOf([given, x, y, width, height, expression]: readonly string[], where: string): Row {
  // Some lists were written on Windows.
  const file = given.replaceAll("\\", "/");
  if (file === "" || /^([a-z]:|\/)/i.test(file) || file.split("/").includes("..")) {
    throw new MpaError("DATASET", `${excerpt(given)} is not the path of an image`, { where, fix: "restore the line" });
  }
  const box = boxOf([x, y, width, height].map(Number));
  return { file, number: checked(expression === "" ? Number.NaN : Number(expression), where), ...(box && { box }) };
}

/** Parses a face box; rows without a face have none, and labels that are left out. */
function boxOf([x, y, width, height]: readonly number[]): PixelBox | undefined {
  const isBox =
    [x, y, width, height].every((value) => Number.isInteger(value) && value >= 0) && width > 0 && height > 0;
  return isBox ? [x, y, x + width, y + height] : undefined;
}

function checked(number: number, where: string): number {
  if (Number.isInteger(number) && number >= 0 && number <= lastNumber) return number;
  throw new MpaError("DATASET", `the expression ${number} is not a number from 0 to ${lastNumber}`, {
    where,
    fix: "restore it",
  });
}
