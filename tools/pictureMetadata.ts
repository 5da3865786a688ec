/**
 * Metadata of pictures as a CSV for `evaluate --slices`: mean and standard deviation (contrast) of the grey values,
 * 0 to 255, and whether the number in the file name is even.
 *
 *     npx tsx tools/pictureMetadata.ts ../shared/data/ferplus/FER2013Valid > ferplus-valid.csv
 */
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import sharp from "sharp";
import { csvLine } from "../src/platform/csv.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("name a folder of pictures");
const files = (await readdir(folder)).filter((name) => /\.(png|jpe?g)$/i.test(name)).sort();
process.stdout.write(csvLine(["file", "brightness", "contrast", "number"]));
for (const file of files) {
  const { channels } = await sharp(join(folder, file)).greyscale().stats();
  const number = Number(/(\d+)\D*$/.exec(file)?.[1] ?? 0);
  const values = [channels[0].mean.toFixed(1), channels[0].stdev.toFixed(1), number % 2 === 0 ? "even" : "odd"];
  process.stdout.write(csvLine([`${basename(folder)}/${file}`, ...values]));
}
