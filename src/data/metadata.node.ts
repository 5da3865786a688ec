/** Metadata of images from a CSV, for sliced evaluation. */
import { basename } from "node:path";
import { type CsvRow, cellText, parseCsv } from "../platform/csv.ts";
import { excerpt, MpaError } from "../platform/errors.ts";
import { readText } from "../platform/files.node.ts";

export interface MetadataColumn {
  readonly name: string;
  /** [images]; "" for an image without a value */
  readonly values: readonly string[];
}

/**
 * Reads a CSV with a header line. The first column is the image's file as in the data set, or its base name if that is unique.
 * `wanted` selects columns; all by default. Throws NOT_FOUND, DATASET (a short row, a repeated file) and USAGE (a missing column,
 * or no row for any image).
 */
export async function readMetadata(
  path: string,
  files: readonly string[],
  wanted?: readonly string[],
): Promise<MetadataColumn[]> {
  const rows = parseCsv(await readText(path, "DATASET"), path);
  const head = rows.next();
  const names = head.done ? [] : head.value.cells.slice(1);
  if (names.length === 0)
    throw new MpaError("DATASET", "no column beside the file's", { where: path, fix: "write file,COLUMN,…" });
  const missing = wanted?.find((name) => !names.includes(name));
  if (missing !== undefined) {
    throw new MpaError("USAGE", `there is no column ${missing}`, {
      where: path,
      fix: `choose from ${names.join(", ")}`,
    });
  }
  const byFile = rowsByFile(rows, names.length, path);
  const unique = uniqueBasenames(files);
  const found = files.map(
    (file) => byFile.get(file) ?? (unique.has(basename(file)) ? byFile.get(basename(file)) : undefined),
  );
  if (found.every((row) => row === undefined)) {
    const what = `none of the ${files.length} images is in it`;
    throw new MpaError("USAGE", what, { where: path, fix: `name them as the data set does, such as ${files[0]}` });
  }
  return (wanted ?? names).map((name) => {
    const at = names.indexOf(name);
    return { name, values: found.map((row) => row?.[at] ?? "") };
  });
}

/** Maximum number of rows, enough for every image of the largest data set. */
const maxRows = 2_000_000;

function rowsByFile(rows: Iterable<CsvRow>, columns: number, path: string): ReadonlyMap<string, readonly string[]> {
  const byFile = new Map<string, readonly string[]>();
  for (const { line, cells } of rows) {
    const [cell, ...values] = cells;
    // Files are often copied from a predictions.csv.
    const file = cellText(cell);
    const where = `${path}:${line}`;
    if (values.length !== columns) {
      throw new MpaError("DATASET", `${values.length + 1} cells where the head has ${columns + 1}`, {
        where,
        fix: "correct the row",
      });
    }
    if (byFile.has(file))
      throw new MpaError("DATASET", `${excerpt(file)} is listed twice`, { where, fix: "keep one row" });
    if (byFile.size === maxRows) throw new MpaError("DATASET", `there are more than ${maxRows} rows`, { where });
    byFile.set(
      file,
      values.map((value) => value.trim()),
    );
  }
  return byFile;
}

function uniqueBasenames(files: readonly string[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const file of files) counts.set(basename(file), (counts.get(basename(file)) ?? 0) + 1);
  return new Set([...counts].filter(([, count]) => count === 1).map(([name]) => name));
}
