/** What models answer to crops of faces, once as they are and once mirrored, and mixtures of such answers. */
import { join } from "node:path";
import { normalise } from "../../src/clip/preprocess.ts";
import { meanAnswer } from "../../src/evaluation/calibration.ts";
import type { FaceCrop } from "../../src/faces/face.ts";
import type { Model } from "../../src/method/model.ts";
import { cachedBytes, cropsOf, type FaceSet } from "./faceSets.ts";

const batch = 32;

/** Probabilities of one model, a row an image. */
export type Answers = readonly Float32Array[];

/** Answers of a model to one crop of every face of a set, [n][C]. The model must read each face once, at temperature 1. */
export async function answersOf(
  name: string,
  model: Model,
  set: FaceSet,
  { crop, mirrored, cache }: { readonly crop: FaceCrop; readonly mirrored: boolean; readonly cache: string },
): Promise<Answers> {
  const key = [name, set.name, crop.scale.toFixed(4), ...crop.shift, mirrored ? "mirrored" : "plain"].join("-");
  const { classes } = model;
  const bytes = await cachedBytes(join(cache, `${key}.answers`), async () => {
    const crops = await cropsOf(set, crop, model, cache);
    const side = model.preprocess.imageSize;
    const [inBytes, values] = [3 * side ** 2, 3 * side ** 2];
    const rows = new Float32Array(set.faces.length * classes.length);
    const classifier = await model.open(batch);
    for (let start = 0; start < set.faces.length; start += batch) {
      const count = Math.min(batch, set.faces.length - start);
      const pixels = new Float32Array(count * values);
      for (let i = 0; i < count; i++) {
        const data = crops.subarray((start + i) * inBytes, (start + i + 1) * inBytes);
        const image = { width: side, height: side, data: mirrored ? mirror(data, side) : new Uint8Array(data) };
        normalise(image, model.preprocess, pixels, i * values);
      }
      rows.set(await classifier.classify(pixels, count), start * classes.length);
    }
    await classifier.dispose();
    return new Uint8Array(rows.buffer);
  });
  const rows = new Float32Array(new Uint8Array(bytes).buffer);
  return set.faces.map((_, i) => rows.slice(i * classes.length, (i + 1) * classes.length));
}

/** The softmax of the mean of the logits of several answers to the same images. */
export const averaged = (several: readonly Answers[]): Answers =>
  several[0].map((_, i) => meanAnswer(several.map((answers) => answers[i])));

/** The softmax of Σ weight · log p + shift, of the answers of several models. */
export function mixed(parts: readonly { readonly answers: Answers; readonly weight: number }[], shift?: Answers[0]) {
  const [{ answers: first }] = parts;
  return first.map((row, i): Float32Array => {
    const logs = Array.from(row, (_, c) =>
      parts.reduce(
        (sum, { answers, weight }) => sum + weight * Math.log(Math.max(answers[i][c], 1e-30)),
        shift?.[c] ?? 0,
      ),
    );
    const highest = Math.max(...logs);
    const total = logs.reduce((sum, value) => sum + Math.exp(value - highest), 0);
    return Float32Array.from(logs, (value) => Math.exp(value - highest) / total);
  });
}

function mirror(data: Uint8Array, side: number): Uint8Array {
  const out = new Uint8Array(data.length);
  for (let i = 0; i < side ** 2; i++) {
    const from = 3 * (i - (i % side) + side - 1 - (i % side));
    out.set(data.subarray(from, from + 3), 3 * i);
  }
  return out;
}
