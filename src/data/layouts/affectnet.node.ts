import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseCsv } from "../../platform/csv.ts";
import { MpaError } from "../../platform/errors.ts";
import { filesIn, type LabelledSource } from "../dataset.node.ts";
import type { PixelBox, Sample, Split, SplitName } from "../sample.ts";

/* One value from a NumPy file, as AffectNet keeps each image's label: a number, or a word that holds one. */

const magic = "\u0093NUMPY";

/** Throws DATASET for what is no such file, or holds other than one value. */
export function npyScalar(bytes: Uint8Array, where: string): number {
  const latin = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  const isFirst = bytes[6] === 1;
  const start = isFirst ? 10 : 12;
  if (bytes.length < start || latin(0, 6) !== magic) throw broken("this is no NumPy file", where);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = start + (isFirst ? view.getUint16(8, true) : view.getUint32(8, true));
  const header = latin(start, Math.min(end, bytes.length));
  const type = header.match(/'descr':\s*'([<|=])([a-zA-Z])(\d+)'/);
  const shape = header.match(/'shape':\s*\(([\d, ]*)\)/)?.[1];
  if (type === null || shape === undefined || !/^(1?,?\s*)?$/.test(shape))
    throw broken("it holds no single value", where);
  const [, , kind, size] = type;
  const read = readers[`${kind}${kind === "U" || kind === "S" ? "" : size}`];
  const length = kind === "U" ? 4 * Number(size) : Number(size);
  if (read === undefined || end + length > bytes.length) throw broken(`it holds no number (${kind}${size})`, where);
  const value = read(view, end, length);
  if (Number.isFinite(value)) return value;
  throw broken("it holds no number", where);
}

/** By NumPy's letter and bytes; words are read to their first zero. */
const readers: Readonly<Record<string, (view: DataView, at: number, length: number) => number>> = {
  U: (view, at, length) => word(length / 4, (i) => view.getUint32(at + 4 * i, true)),
  S: (view, at, length) => word(length, (i) => view.getUint8(at + i)),
  i8: (view, at) => Number(view.getBigInt64(at, true)),
  i4: (view, at) => view.getInt32(at, true),
  i1: (view, at) => view.getInt8(at),
  u1: (view, at) => view.getUint8(at),
  f8: (view, at) => view.getFloat64(at, true),
  f4: (view, at) => view.getFloat32(at, true),
};

function word(length: number, codeAt: (i: number) => number): number {
  let text = "";
  for (let i = 0; i < length && codeAt(i) !== 0; i++) {
    if (codeAt(i) > 0x7f) return Number.NaN;
    text += String.fromCharCode(codeAt(i));
  }
  return text.trim() === "" ? Number.NaN : Number(text);
}

const broken = (what: string, where: string) => new MpaError("DATASET", what, { where, fix: "restore the file" });

/** In the order of their numbers 0 … 7; 8 none, 9 uncertain and 10 no-face are left out (docs/datasets.md). */
const classes = ["neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt"] as const;
const lastNumber = 10;

/**
 * AffectNet: the CSV release (`training.csv` and `validation.csv`, at the top or in `Manually_Annotated_file_lists/`), or the
 * newer `train_set|val_set/{images,annotations}` with `N_exp.npy`. Its validation set is what is reported on, so it is
 * the `test` split here; it has no other. `affectnet-7` leaves out contempt. Its defaults are the paper's epochs (section 4)
 * and a balanced sampler (docs/datasets.md).
 */
const affectnet = (count: 7 | 8): LabelledSource => ({
  name: `affectnet-${count}`,
  splits: ["train", "test"],
  defaults: { epochs: 20, sampler: "balanced" },
  async load(root, split) {
    const { root: base, rows, listedIn } = await readRows(root, split);
    const samples = rows.flatMap(({ number, ...sample }) => (number < count ? [{ ...sample, label: number }] : []));
    if (samples.length === 0) {
      throw new MpaError("DATASET", `the ${split} split has no image of a class`, {
        where: root,
        fix: "restore the data set's files",
      });
    }
    const leftOut = rows.length - samples.length;
    return { name: split, root: base, listedIn, classes: classes.slice(0, count), samples, leftOut };
  },
});

export const affectnet7 = affectnet(7);
export const affectnet8 = affectnet(8);

type Row = Omit<Sample, "label"> & { readonly number: number };

interface Rows extends Pick<Split, "root" | "listedIn"> {
  readonly rows: readonly Row[];
}

async function readRows(root: string, split: SplitName): Promise<Rows> {
  const set = split === "train" ? "train_set" : "val_set";
  if (existsSync(join(root, set))) return { root, rows: await readAnnotations(root, set) };
  const list = split === "train" ? "training.csv" : "validation.csv";
  const file = [join(root, list), join(root, "Manually_Annotated_file_lists", list)].find(existsSync);
  if (file !== undefined) return await readCsv(root, file);
  const what = `neither ${set}/ nor ${list} (at the top or in Manually_Annotated_file_lists/) is there`;
  throw new MpaError("DATASET", what, { where: root, fix: "point --data at the folder that holds one of them" });
}

/** Files that are read at once. */
const together = 64;

async function readAnnotations(root: string, set: string): Promise<Row[]> {
  const images = (await filesIn(join(root, set, "images"))).filter((file) => /^\d+\.(jpe?g|png)$/i.test(file));
  images.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  const rows: Row[] = [];
  for (let from = 0; from < images.length; from += together) {
    const part = images.slice(from, from + together).map(async (image): Promise<Row> => {
      const path = join(root, set, "annotations", `${Number.parseInt(image, 10)}_exp.npy`);
      return { file: `${set}/images/${image}`, number: checked(npyScalar(await readBytes(path), path), path) };
    });
    rows.push(...(await Promise.all(part)));
  }
  return rows;
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new MpaError("DATASET", "the label of an image cannot be read", {
      where: path,
      fix: "restore the file",
      cause,
    });
  }
}

const columns = ["subDirectory_filePath", "face_x", "face_y", "face_width", "face_height", "expression"] as const;
/** Where releases have the images that the lists name. */
const imageFolders = ["Manually_Annotated_Images", "Manually_Annotated/Manually_Annotated_Images", "."];

async function readCsv(root: string, list: string): Promise<Rows> {
  const [head, ...lines] = [...parseCsv(await readFile(list, "utf8"), list)];
  const names = head?.cells.map((cell) => cell.trim()) ?? [];
  const places = columns.map((name) => names.indexOf(name));
  if (places.includes(-1)) {
    const what = `the column ${columns[places.indexOf(-1)]} is missing`;
    throw new MpaError("DATASET", what, { where: `${list}:1`, fix: "restore the file's first line" });
  }
  const rows = lines.map(({ line, cells }): Row => {
    const where = `${list}:${line}`;
    const [file, x, y, width, height, expression] = places.map((place) => (cells[place] ?? "").trim());
    if (file === "" || file.startsWith("/") || /(^|[/\\])\.\.([/\\]|$)/.test(file)) {
      throw new MpaError("DATASET", `"${file}" is not the path of an image`, { where, fix: "restore the line" });
    }
    const box = boxOf([x, y, width, height].map(Number));
    return { file, number: checked(expression === "" ? Number.NaN : Number(expression), where), ...(box && { box }) };
  });
  const base = imageFolders.find((folder) => rows.length > 0 && existsSync(join(root, folder, rows[0].file)));
  if (base !== undefined) return { root: join(root, base), listedIn: ".", rows };
  const what = `the image ${rows[0]?.file ?? "of the first row"} is in none of ${imageFolders.join(", ")}`;
  throw new MpaError("DATASET", what, { where: root, fix: "unpack the images there" });
}

/** Some rows have no face; theirs are the numbers that are left out. */
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
