/** Cells of FER+ label files: image names, face boxes and vote counts. */
import { excerpt, MpaError } from "../../platform/errors.ts";
import type { PixelBox, Sample } from "../sample.ts";

/** Votes per image: eight classes, unknown, NF. */
export const voteColumns = 10;
/** Box of a whole FER2013 image of 48 × 48 pixels, which needs no crop. */
const wholePicture = "0,0,48,48";

/** An image with its votes [10]. */
export type Voted = Omit<Sample, "label" | "target"> & { readonly votes: readonly number[] };

/** A row of `label.csv`; the box is undefined if it covers the whole image. */
export interface LabelRow {
  readonly name: string;
  readonly box: PixelBox | undefined;
  readonly votes: readonly number[];
}

/** Parses a row of `label.csv`. Throws DATASET if it is malformed. */
export function parseLabelRow(cells: readonly string[], where: string): LabelRow {
  const columns = 2 + voteColumns;
  if (cells.length !== columns) {
    const what = `${cells.length} columns where ${columns} are expected (name, box, ten vote counts)`;
    throw new MpaError("DATASET", what, { where, fix: "restore the line from the authors' label.csv" });
  }
  return { name: parseName(cells[0], where), box: parseBox(cells[1], where), votes: parseVotes(cells.slice(2), where) };
}

/** Parses vote counts. Throws DATASET unless all are whole numbers. */
export function parseVotes(cells: readonly string[], where: string): number[] {
  const wrong = cells.find((cell) => !/^\s*\d{1,9}\s*$/.test(cell));
  if (wrong === undefined) return cells.map(Number);
  throw new MpaError("DATASET", `the vote ${excerpt(wrong)} is not a whole number`, {
    where,
    fix: "write counts from 0 up",
  });
}

function parseName(cell: string, where: string): string {
  const name = cell.trim();
  if (name === "" || name === "." || name === ".." || /[/\\]/.test(name)) {
    throw new MpaError("DATASET", `${excerpt(cell)} is not the name of an image`, {
      where,
      fix: "write the file's name alone",
    });
  }
  return name;
}

function parseBox(cell: string, where: string): PixelBox | undefined {
  const parts = /^\(?\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\)?$/.exec(cell.trim());
  const [left, top, right, bottom] = parts?.slice(1).map(Number) ?? [0, 0, 0, 0];
  if (right <= left || bottom <= top) {
    throw new MpaError("DATASET", `the face box ${excerpt(cell)} is not (left, top, right, bottom)`, {
      where,
      fix: "write four pixels",
    });
  }
  const box = [left, top, right, bottom] as const;
  return box.join() === wholePicture ? undefined : box;
}
