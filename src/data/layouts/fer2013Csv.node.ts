/** Kaggle's FER2013: a CSV with the number of an expression, a split and the pixels of an image in each row. */
import { join } from "node:path";
import type { GreyImage } from "../../pictures/image.ts";
import { parseCsv } from "../../platform/csv.ts";
import { excerpt, MpaError } from "../../platform/errors.ts";
import { filesIn } from "../dataset.node.ts";
import { labelLines } from "../labelFile.node.ts";
import type { SplitName } from "../sample.ts";

/** File names of its releases, and of the FER+ votes for the rows of the first. */
export const fer2013Files = { pixels: ["fer2013.csv", "icml_face_data.csv"], votes: "fer2013new.csv" } as const;

/** Paths of those of the files that exist. */
export async function findFer2013(root: string): Promise<{ readonly pixels?: string; readonly votes?: string }> {
  const files = await filesIn(root);
  const named = (name: string) => files.find((file) => file.toLowerCase() === name);
  const [pixels] = fer2013Files.pixels.flatMap((name) => named(name) ?? []);
  const votes = named(fer2013Files.votes);
  return { ...(pixels && { pixels: join(root, pixels) }), ...(votes && { votes: join(root, votes) }) };
}

/** Splits by their names in the files. */
export const fer2013Usages: Readonly<Record<string, SplitName>> = {
  Training: "train",
  PublicTest: "valid",
  PrivateTest: "test",
};

/** A row of the CSV. */
export interface Fer2013Row {
  /** counted from 0 */
  readonly index: number;
  /** file and line, for errors */
  readonly where: string;
  readonly split: SplitName;
  readonly emotion: string;
  readonly pixels: string;
}

const columns = ["emotion", "usage", "pixels"] as const;

/** Yields the rows; columns are found by name. Throws DATASET if a column is missing or a row is malformed. */
export async function* fer2013Rows(path: string): AsyncGenerator<Fer2013Row> {
  let places: readonly number[] | undefined;
  let index = 0;
  for await (const { line, text } of labelLines(path)) {
    const where = `${path}:${line}`;
    const [row] = parseCsv(text, path, line);
    const cells = row?.cells.map((cell) => cell.trim()) ?? [];
    if (places === undefined) {
      places = placesOf(cells, where);
      continue;
    }
    const [emotion, usage, pixels] = places.map((place) => cells[place] ?? "");
    const split = fer2013Usages[usage];
    if (split === undefined) {
      const what = `${excerpt(usage)} is not one of ${Object.keys(fer2013Usages).join(", ")}`;
      throw new MpaError("DATASET", what, { where, fix: "restore the row" });
    }
    yield { index: index++, where, split, emotion, pixels };
  }
}

function placesOf(heads: readonly string[], where: string): number[] {
  const names = heads.map((name) => name.toLowerCase());
  const missing = columns.find((name) => !names.includes(name));
  if (missing === undefined) return columns.map((name) => names.indexOf(name));
  const what = `the column ${missing} is missing, there are ${excerpt(heads.join(", "))}`;
  throw new MpaError("DATASET", what, { where, fix: "take the file whole, with its first line" });
}

/** File name of a row's image, as in FER+. */
export const pictureName = (index: number): string => `fer${String(index).padStart(7, "0")}.png`;

const side = 48;

/** Decodes the pixels of a row. Throws DATASET if they are malformed. */
export function greyImage({ pixels, where }: Fer2013Row): GreyImage {
  const values = pixels.split(/\s+/).map(Number);
  const isByte = (value: number) => Number.isInteger(value) && value >= 0 && value < 256;
  if (values.length === side ** 2 && values.every(isByte)) {
    return { width: side, height: side, data: Uint8Array.from(values) };
  }
  const count = pixels === "" ? 0 : values.length;
  const what =
    count === side ** 2 ? "a pixel is no value from 0 to 255" : `${count} pixels where ${side ** 2} are expected`;
  throw new MpaError("DATASET", what, { where, fix: "restore the row" });
}
