/** The faces of mistakes as small pictures for a report, which is the only place that they go to. */
import sharp from "sharp";
import type { Split } from "../data/sample.ts";
import { MpaError } from "../errors.ts";
import type { Mistake } from "../evaluation/mistakes.ts";
import { sampleReader } from "../preprocess/sampleReader.ts";

/** Longer edge of a picture, pixels. */
const edge = 112;

/** Base64 PNGs by file name; a face that cannot be read is left out. */
export async function mistakeFaces(split: Split, mistakes: readonly Mistake[]): Promise<ReadonlyMap<string, string>> {
  const wanted = new Set(mistakes.map(({ file }) => file));
  const faces = new Map<string, string>();
  const read = sampleReader(split);
  for (const sample of split.samples.filter(({ file }) => wanted.has(file))) {
    try {
      const { width, height, data } = await read(sample);
      const picture = sharp(data, { raw: { width, height, channels: 3 } });
      const small = picture.resize({ width: edge, height: edge, fit: "inside" }).png({ compressionLevel: 9 });
      faces.set(sample.file, (await small.toBuffer()).toString("base64"));
    } catch (error) {
      if (!(error instanceof MpaError)) throw error;
    }
  }
  return faces;
}
